import { Injectable } from '@nestjs/common';
import { RevocationsService } from '../sessions/revocations.service.js';
import type { TokenSubject } from '../sessions/revocation-memory.js';
import { type RevocationReason, SessionRevokedError } from '../sessions/sessions.errors.js';
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
   * @param isStrict for what asks for a role or a fresh login: a node to which the database does not answer relies on what it
   *   knows to be revoked for a second only, and not for `REVOCATION_MAX_STALENESS`
   * @throws {TokenInvalidError} {@link TokenExpiredError} {@link SessionRevokedError}
   * @throws {RevocationsUnknownError} if this node cannot know what is revoked
   */
  async authenticate(token: string, isStrict = false): Promise<Authentication> {
    const claims = await this.accessTokens.verify(token);
    return judge(claims, await this.revocations.check(toSubject(claims), isStrict));
  }

  /**
   * The same without a promise. A promise at each step of each request would cost as much as the rest of the guard.
   *
   * @returns undefined if {@link authenticate} has to wait: for the key of the token, or for what is revoked
   * @throws {TokenInvalidError} {@link TokenExpiredError} {@link SessionRevokedError}
   */
  authenticateAtOnce(token: string, isStrict = false): Authentication | undefined {
    const claims = this.accessTokens.verifyAtOnce(token);
    if (claims === undefined) return undefined;
    const verdict = this.revocations.checkAtOnce(toSubject(claims), isStrict);
    return verdict === 'unknown' ? undefined : judge(claims, verdict);
  }
}

function toSubject({ sub: userId, sid: sessionId, ver: version }: AccessTokenClaims): TokenSubject {
  return { sessionId, userId, version };
}

/** @param verdict on the session of the token, by what is revoked */
function judge(
  claims: AccessTokenClaims,
  verdict: RevocationReason | 'outdated' | undefined,
): Authentication {
  // A token whose roles have changed is as good as expired: a refresh brings the new ones.
  if (verdict === 'outdated') throw new TokenExpiredError();
  if (verdict !== undefined) throw new SessionRevokedError(verdict);
  const { sub: id, sid: sessionId, client_id: appid, roles } = claims;
  return { user: { id, sessionId, appid, roles }, claims };
}
