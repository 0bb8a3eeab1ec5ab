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
import { type Authentication, AuthenticationService } from './authentication.service.js';
import { freshLoginMetadata } from './fresh-login.decorator.js';
import { findRequest, type GuardedRequest, repeatsAuthorization } from './guarded-request.js';
import { rolesMetadata } from './roles.decorator.js';

/** What the decorators of a handler and its controller ask for. */
interface Requirements {
  access: Access | undefined;
  /** One of them is enough. Undefined: none is needed. */
  roles: string[] | undefined;
  /** Seconds that the login may be old. Undefined: any age. */
  maxAge: number | undefined;
}

/** How nearly all clients write the scheme. */
const usualScheme = 'Bearer ';

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
  /** By controller, then by handler. */
  readonly #requirements = new WeakMap<object, WeakMap<object, Requirements>>();

  constructor(
    private readonly authentication: AuthenticationService,
    private readonly accessTokens: AccessTokensService,
    private readonly reflector: Reflector,
  ) {}

  /** @returns no promise if there is nothing to wait for, which is so for nearly all requests */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const requirements = this.findRequirements(context);
    if (requirements.access === 'public') return true;

    const request = this.getRequest(context);
    const authorization = request?.headers?.authorization;
    if (requirements.access === 'optional' && authorization === undefined) return true;
    if (authorization !== undefined && repeatsAuthorization(request!)) throw new TokenInvalidError();
    const token = readBearer(authorization);
    const isStrict = requirements.roles !== undefined || requirements.maxAge !== undefined;
    const known = this.authentication.authenticateAtOnce(token, isStrict);
    if (known !== undefined) return this.admit(request!, known, requirements);
    return this.authentication
      .authenticate(token, isStrict)
      .then((authentication) => this.admit(request!, authentication, requirements));
  }

  /**
   * @throws {RoleMissingError}
   * @throws {FreshLoginRequiredError}
   */
  private admit(
    request: GuardedRequest,
    { user, claims }: Authentication,
    { roles, maxAge }: Requirements,
  ): true {
    request.user = user;
    if (roles !== undefined && !roles.some((role) => claims.roles.includes(role))) {
      throw new RoleMissingError();
    }
    if (maxAge !== undefined && !this.accessTokens.isFresh(claims, maxAge)) {
      throw new FreshLoginRequiredError(maxAge);
    }
    return true;
  }

  /** Reads the metadata of a handler once: it never changes. */
  private findRequirements(context: ExecutionContext): Requirements {
    const controller = context.getClass();
    const handler = context.getHandler();
    // Two controllers have a handler in common if one extends the other.
    let known = this.#requirements.get(controller);
    if (known === undefined) this.#requirements.set(controller, (known = new WeakMap()));
    let requirements = known.get(handler);
    if (requirements === undefined) {
      requirements = this.readRequirements([handler, controller]);
      known.set(handler, requirements);
    }
    return requirements;
  }

  /** A handler's own metadata counts for more than its controller's. */
  private readRequirements(targets: Parameters<Reflector['get']>[1][]): Requirements {
    return {
      access: this.findAccess(targets),
      roles: this.reflector.getAllAndOverride<string[] | undefined>(rolesMetadata, targets),
      maxAge: this.reflector.getAllAndOverride<number | undefined>(freshLoginMetadata, targets),
    };
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
function readBearer(authorization = ''): string {
  // The expression would go through the whole token once more.
  if (authorization.startsWith(usualScheme) && !authorization.includes(' ', usualScheme.length)) {
    const token = authorization.slice(usualScheme.length);
    if (token !== '') return token;
  }
  const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw new TokenMissingError();
  return token;
}
