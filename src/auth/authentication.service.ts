import { Injectable } from '@nestjs/common';
import { RevocationsService } from '../sessions/revocations.service.js';
import { SessionRevokedError } from '../sessions/sessions.errors.js';
import { type AccessTokenClaims, AccessTokensService } from './access-tokens.service.js';
import { TokenExpiredError } from './auth.errors.js';
import type { SignedInUser } from './current-user.decorator.js';

/** Whose token it is, and what it says. */
export interface Authentication {
  user: SignedInUser;
  claims: AccessTokenClaims;
}

/** Tells whose an access token is, as `JwtGuard` does: for what has no guard, such as the handshake of a WebSocket. */
@Injectable()
export class AuthenticationService {
  constructor(
    private readonly accessTokens: AccessTokensService,
    private readonly revocations: RevocationsService,
  ) {}

  /**
   * No database is asked, as long as this node is up to date on what is revoked.
   *
   * @param token without `Bearer`
   * @throws {TokenInvalidError} {@link TokenExpiredError} {@link SessionRevokedError}
   * @throws {RevocationsUnknownError} if this node cannot know what is revoked
   */
  async authenticate(token: string): Promise<Authentication> {
    const claims = await this.accessTokens.verify(token);
    const { sub: id, sid: sessionId, client_id: appid, ver: version, roles } = claims;
    const verdict = await this.revocations.check({ sessionId, userId: id, version });
    // A token whose roles have changed is as good as expired: a refresh brings the new ones.
    if (verdict === 'outdated') throw new TokenExpiredError();
    if (verdict !== undefined) throw new SessionRevokedError(verdict);
    return { user: { id, sessionId, appid, roles }, claims };
  }
}
