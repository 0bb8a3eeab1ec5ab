import { Injectable } from '@nestjs/common';
import { type Actor } from '../audit/audit-log.service.js';
import { AccessTokensService } from '../auth/access-tokens.service.js';
import { AuthenticationService } from '../auth/authentication.service.js';
import { TokenExpiredError, TokenInvalidError } from '../auth/auth.errors.js';
import { ForgedRefreshLimiter } from '../auth/forged-refresh-limiter.js';
import { Settings, type WebClient } from '../config/settings.js';
import { OAuthError } from '../http/oauth.error.js';
import type { OpenSession } from '../sessions/open-session.js';
import { SessionsService } from '../sessions/sessions.service.js';
import {
  RefreshTokenInvalidError,
  RefreshTokenReusedError,
  SessionRevokedError,
} from '../sessions/sessions.errors.js';
import type { IntrospectionResponse, OAuthTokenResponse } from './device-authorization.response.js';
import { ScansService } from './scans.service.js';

const inactive: IntrospectionResponse = { active: false };

/** The tokens of web clients. */
@Injectable()
export class WebTokensService {
  constructor(
    private readonly scans: ScansService,
    private readonly sessions: SessionsService,
    private readonly accessTokens: AccessTokensService,
    private readonly authentication: AuthenticationService,
    private readonly forgeries: ForgedRefreshLimiter,
    private readonly settings: Settings,
  ) {}

  /**
   * The tokens for a device code, once.
   *
   * @throws {OAuthError} {@link DatabaseUnavailableError}
   */
  async redeem(deviceCode: string, client: WebClient): Promise<OAuthTokenResponse> {
    return this.toResponse(await this.scans.redeem(deviceCode, client));
  }

  /**
   * New tokens for a refresh token of the client, which is rotated.
   *
   * @throws {OAuthError} {@link RefreshLimitError} {@link DatabaseUnavailableError}
   */
  async refresh(token: string, client: WebClient, ip: string): Promise<OAuthTokenResponse> {
    try {
      return this.toResponse(await this.sessions.refresh(token, ip, client.id));
    } catch (error) {
      if (error instanceof RefreshTokenInvalidError && error.isForged) this.forgeries.countForgery(ip);
      throw toOAuthError(error);
    }
  }

  /**
   * Ends the session of an access token or refresh token of the client. Any other token is none of the client's, and
   * nothing happens (RFC 7009, section 2.2).
   *
   * @throws {DatabaseUnavailableError}
   */
  async revoke(token: string, client: WebClient, actor: Omit<Actor, 'actorId'>): Promise<void> {
    const session = await this.findSession(token, client);
    if (session === undefined) return;
    await this.sessions.logOut(session, { ...actor, actorId: session.userId });
  }

  /**
   * What a token says: an access token of this service, or a refresh token of the client (RFC 7662).
   *
   * @throws {DatabaseUnavailableError}
   */
  async introspect(token: string, client: WebClient): Promise<IntrospectionResponse> {
    const refreshed = await this.sessions.findByRefreshToken(token, client.id);
    if (refreshed !== undefined) {
      if (refreshed.isSuperseded) return inactive;
      const { id: sid, userId: sub, expiresAt, createdAt } = refreshed.session;
      return {
        active: true,
        client_id: client.id,
        sub,
        sid,
        exp: toSeconds(expiresAt),
        iat: toSeconds(createdAt),
      };
    }
    try {
      const { claims } = await this.authentication.authenticate(token);
      const { client_id, exp, iat, sub, aud, iss, jti, sid, roles } = claims;
      return { active: true, token_type: 'Bearer', client_id, exp, iat, sub, aud, iss, jti, sid, roles };
    } catch (error) {
      if (isRefusedAccess(error)) return inactive;
      throw error;
    }
  }

  private async findSession(
    token: string,
    client: WebClient,
  ): Promise<{ id: string; userId: string } | undefined> {
    const refreshed = await this.sessions.findByRefreshToken(token, client.id);
    if (refreshed !== undefined) return { id: refreshed.session.id, userId: refreshed.session.userId };
    try {
      const { user } = await this.authentication.authenticate(token);
      return user.appid === client.id ? { id: user.sessionId, userId: user.id } : undefined;
    } catch (error) {
      if (isRefusedAccess(error)) return undefined;
      throw error;
    }
  }

  /** No access token outlives its session. */
  private toResponse(session: OpenSession): OAuthTokenResponse {
    const { user, sessionId, appid, loggedInAt, refreshToken, refreshExpiresIn } = session;
    const lifetime = Math.min(this.settings.accessTokenTtl, refreshExpiresIn);
    const { id: userId, tokenVersion, roles } = user;
    return {
      access_token: this.accessTokens.issue({
        userId,
        sessionId,
        appid,
        loggedInAt,
        tokenVersion,
        roles,
        lifetime,
      }),
      token_type: 'Bearer',
      expires_in: lifetime,
      refresh_token: refreshToken,
    };
  }
}

/** The errors of sessions advise a mini-program. A web page can only show a new code. */
function toOAuthError(error: unknown): unknown {
  const refusal = [
    { type: RefreshTokenInvalidError, text: 'This refresh token is not valid, or has expired.' },
    {
      type: RefreshTokenReusedError,
      text: 'This refresh token was replaced by a newer one before. The session has been ended, since somebody may have a copy.',
    },
    { type: SessionRevokedError, text: 'This session has ended.' },
  ].find(({ type }) => error instanceof type);
  return refusal === undefined ? error : new OAuthError('invalid_grant', `${refusal.text} Show a new code.`);
}

function isRefusedAccess(error: unknown): boolean {
  return [TokenInvalidError, TokenExpiredError, SessionRevokedError].some(
    (refusal) => error instanceof refusal,
  );
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}
