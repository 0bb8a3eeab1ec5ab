import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Access, accessMetadata } from './access.decorators.js';
import { AccessTokensService } from './access-tokens.service.js';
import {
  FreshLoginRequiredError,
  RoleMissingError,
  TokenInvalidError,
  TokenMissingError,
} from './auth.errors.js';
import { AuthenticationService } from './authentication.service.js';
import { freshLoginMetadata } from './fresh-login.decorator.js';
import { findRequest, type GuardedRequest, repeatsAuthorization } from './guarded-request.js';
import { rolesMetadata } from './roles.decorator.js';

/**
 * Lets a request through that carries an access token of ours whose session goes on, the role that `@Roles()` asks
 * for, and a login that is as fresh as `@FreshLogin()` says. The handler gets the user by `@CurrentUser()`. No
 * database is asked, as long as this node is up to date on what is revoked.
 *
 * It guards HTTP, GraphQL and WebSockets, by `@UseGuards(JwtGuard)`, or all of them as `APP_GUARD`: `@Public()` and
 * `@OptionalAuth()` are the exceptions then.
 */
@Injectable()
export class JwtGuard implements CanActivate {
  constructor(
    private readonly authentication: AuthenticationService,
    private readonly accessTokens: AccessTokensService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // A handler's own metadata counts for more than its controller's.
    const targets = [context.getHandler(), context.getClass()];
    const access = this.findAccess(targets);
    if (access === 'public') return true;

    const request = this.getRequest(context);
    const authorization = request?.headers?.authorization;
    if (access === 'optional' && authorization === undefined) return true;
    if (authorization !== undefined && repeatsAuthorization(request!)) throw new TokenInvalidError();
    const { user, claims } = await this.authentication.authenticate(bearerOf(authorization));
    request!.user = user;

    const wanted = this.reflector.getAllAndOverride<string[] | undefined>(rolesMetadata, targets);
    if (wanted !== undefined && !wanted.some((role) => claims.roles.includes(role))) {
      throw new RoleMissingError();
    }
    const maxAge = this.reflector.getAllAndOverride<number | undefined>(freshLoginMetadata, targets);
    if (maxAge !== undefined && !this.accessTokens.isFresh(claims, maxAge)) {
      throw new FreshLoginRequiredError(maxAge);
    }
    return true;
  }

  /**
   * The handler decides before its controller. What asks for a role or a fresh login is not public, whatever else it or
   * its controller says: a mistake must not open it.
   */
  private findAccess(targets: Parameters<Reflector['get']>[1][]): Access | undefined {
    for (const target of targets) {
      const isRestricted = [rolesMetadata, freshLoginMetadata].some(
        (name) => this.reflector.get<unknown>(name, target) !== undefined,
      );
      if (isRestricted) return undefined;
      const access = this.reflector.get<Access | undefined>(accessMetadata, target);
      if (access !== undefined) return access;
    }
    return undefined;
  }

  /**
   * What has the headers, and is given the user. To be overridden for what keeps them elsewhere than
   * {@link findRequest} looks.
   */
  getRequest(context: ExecutionContext): GuardedRequest | undefined {
    return findRequest(context);
  }
}

/** RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1). */
function bearerOf(authorization: string | undefined): string {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new TokenMissingError();
  return token;
}
