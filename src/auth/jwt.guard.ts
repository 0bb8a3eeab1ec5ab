import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RevocationsService } from '../sessions/revocations.service.js';
import { SessionRevokedError } from '../sessions/sessions.errors.js';
import { type AccessTokenClaims, AccessTokensService } from './access-tokens.service.js';
import {
  RoleMissingError,
  FreshLoginRequiredError,
  TokenExpiredError,
  TokenMissingError,
} from './auth.errors.js';
import type { AuthenticatedRequest } from './current-user.decorator.js';
import { freshLoginMetadata } from './fresh-login.decorator.js';
import { rolesMetadata } from './roles.decorator.js';

/**
 * Lets a request through that carries an access token of ours whose session goes on, the role that `@Roles()` asks
 * for, and a login that is as fresh as `@FreshLogin()` says. The handler gets the user by `@CurrentUser()`. No
 * database is asked, as long as this node is up to date on what is revoked.
 */
@Injectable()
export class JwtGuard implements CanActivate {
  constructor(
    private readonly accessTokens: AccessTokensService,
    private readonly revocations: RevocationsService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const claims = await this.accessTokens.verify(bearerOf(request.headers.authorization));
    await this.refuseRevoked(claims);
    request.user = { id: claims.sub, sessionId: claims.sid, appid: claims.client_id, roles: claims.roles };

    // A handler's own metadata counts for more than its controller's.
    const targets = [context.getHandler(), context.getClass()];
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

  /** A token whose roles have changed is as good as expired: a refresh brings the new ones. */
  private async refuseRevoked({ sid, sub, ver }: AccessTokenClaims): Promise<void> {
    const verdict = await this.revocations.check({ sessionId: sid, userId: sub, version: ver });
    if (verdict === 'outdated') throw new TokenExpiredError();
    if (verdict !== undefined) throw new SessionRevokedError(verdict);
  }
}

/** RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1). */
function bearerOf(authorization: string | undefined): string {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new TokenMissingError();
  return token;
}
