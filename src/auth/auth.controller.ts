import { Header, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiTags } from '@nestjs/swagger';
import { Settings } from '../config/settings.js';
import { ValidBody } from '../http/valid-body.decorator.js';
import { getClientIp } from '../http/client-ip.js';
import { RefuseEarly } from '../http/early-refusal.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import type { OpenSession } from '../sessions/open-session.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { RefreshTokenInvalidError } from '../sessions/sessions.errors.js';
import { UserStatusService } from '../users/status/user-status.service.js';
import { UserResponseMapper } from '../users/profile/user-response.mapper.js';
import { Public } from './access.decorators.js';
import { AccessTokensService } from './access-tokens.service.js';
import type { LoginOutcome } from './login.service.js';
import {
  toActor,
  CurrentUser,
  type AuthenticatedRequest,
  type SignedInUser,
} from './current-user.decorator.js';
import { Authenticated } from './authenticated.decorator.js';
import { NeedsDatabase } from './needs-database.decorator.js';
import { PerUserConcurrencyLimit } from './per-user-limits.decorator.js';
import { LoginLoad } from './login-load.js';
import { LoginResponse, TokenResponse } from './login.response.js';
import { LoginRequest } from './login.request.js';
import { ForgedRefreshLimiter } from './forged-refresh-limiter.js';
import { RefreshRequest } from './refresh.request.js';
import { CurrentLogin, WechatCodeGuard } from './wechat-code.guard.js';

const loginProblems = [
  'invalid_request',
  'unknown_app',
  'code_invalid',
  'code_used',
  'account_disabled',
  'account_deleting',
  'user_blocked_by_wechat',
  'rate_limited',
  'wechat_misconfigured',
  'wechat_unavailable',
  'database_unavailable',
  'overloaded',
] as const;

/** Getting in, staying in, getting out. */
@ApiTags('auth')
@ServiceController('auth')
export class AuthController {
  constructor(
    private readonly accessTokens: AccessTokensService,
    private readonly sessions: SessionsService,
    private readonly status: UserStatusService,
    private readonly limit: ForgedRefreshLimiter,
    private readonly userResponses: UserResponseMapper,
    private readonly settings: Settings,
  ) {}

  /** Log in with the code of wx.login. */
  @Public()
  @Post('login')
  @HttpCode(200)
  // Tokens are for the caller alone: no cache may keep them (RFC 6749, section 5.1).
  @Header('Cache-Control', 'no-store')
  @ApiBody({ type: LoginRequest })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'A random text per login. The code can then be repeated with the same text only, from any address. Without it, the code can be repeated from the same address only.',
  })
  @Problems(...loginProblems)
  @RefuseEarly(LoginLoad)
  @UseGuards(WechatCodeGuard)
  login(@CurrentLogin() login: LoginOutcome): LoginResponse {
    const { isNewUser, warnings } = login;
    return {
      ...this.answer(login),
      isNewUser,
      ...(warnings.length > 0 && { warnings: warnings.map(({ code }) => ({ code })) }),
    };
  }

  /** Get new tokens for a session. */
  @Public()
  @Post('refresh')
  @HttpCode(200)
  @NeedsDatabase()
  @Header('Cache-Control', 'no-store')
  @Problems(
    'invalid_request',
    'refresh_token_invalid',
    'refresh_token_reused',
    'session_revoked',
    'rate_limited',
  )
  async refresh(
    @ValidBody() { refreshToken }: RefreshRequest,
    @Req() request: AuthenticatedRequest,
  ): Promise<TokenResponse> {
    const ip = getClientIp(request);
    try {
      return this.answer(await this.sessions.refresh(refreshToken, ip));
    } catch (error) {
      if (error instanceof RefreshTokenInvalidError && error.isForged) this.limit.countForgery(ip);
      throw error;
    }
  }

  /** End this session. */
  @Post('logout')
  @HttpCode(204)
  @NeedsDatabase()
  @PerUserConcurrencyLimit('ending')
  @Authenticated()
  async logout(
    @CurrentUser() { id: userId, sessionId: id }: SignedInUser,
    @Req() request: AuthenticatedRequest,
  ): Promise<void> {
    await this.sessions.logOut({ id, userId }, toActor(request));
  }

  /** End all sessions of the user. */
  @Post('logout/all')
  @HttpCode(204)
  @NeedsDatabase()
  @PerUserConcurrencyLimit('ending')
  @Authenticated()
  async logoutAll(@CurrentUser() { id }: SignedInUser, @Req() request: AuthenticatedRequest): Promise<void> {
    await this.status.endSessions(id, 'signed_out', toActor(request));
  }

  /** No access token outlives its session. */
  private answer(session: OpenSession): TokenResponse {
    const { user, sessionId, appid, loggedInAt, refreshToken, refreshExpiresIn } = session;
    const lifetime = Math.min(this.settings.accessTokenTtl, refreshExpiresIn);
    return {
      accessToken: this.accessTokens.issue({
        userId: user.id,
        tokenVersion: user.tokenVersion,
        roles: user.roles,
        sessionId,
        appid,
        loggedInAt,
        lifetime,
      }),
      tokenType: 'Bearer',
      expiresIn: lifetime,
      refreshToken,
      refreshExpiresIn,
      user: this.userResponses.toResponse(user),
    };
  }
}
