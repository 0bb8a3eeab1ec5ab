import { Body, Controller, Header, HttpCode, Post, Req, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiTags } from '@nestjs/swagger';
import { Settings } from '../config/settings.js';
import { BodyPipe } from '../http/body.pipe.js';
import { clientAddress } from '../http/client-address.js';
import { Problems } from '../http/problems.decorator.js';
import type { OpenSession } from '../sessions/open-session.js';
import { Sessions } from '../sessions/sessions.js';
import { RefreshTokenInvalidError } from '../sessions/sessions.errors.js';
import { UserStanding } from '../users/user-standing.js';
import { UserViews } from '../users/user-views.js';
import { AccessTokens } from './access-tokens.js';
import type { CodeLoginOutcome } from './code-login.js';
import { actorOf, CurrentUser, type GuardedRequest, type SignedInUser } from './current-user.decorator.js';
import { Guarded } from './guarded.decorator.js';
import { PerUserTurns } from './limited-per-user.decorator.js';
import { LoginAnswer, TokenAnswer } from './login.answer.js';
import { LoginRequest } from './login.request.js';
import { RefreshLimit } from './refresh-limit.js';
import { RefreshRequest } from './refresh.request.js';
import { CodeOwner, WechatCodeGuard } from './wechat-code.guard.js';

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
@Controller('auth')
@UsePipes(BodyPipe)
export class AuthController {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly sessions: Sessions,
    private readonly standing: UserStanding,
    private readonly limit: RefreshLimit,
    private readonly views: UserViews,
    private readonly settings: Settings,
  ) {}

  /** Log in with the code of wx.login. */
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
  @UseGuards(WechatCodeGuard)
  login(@CodeOwner() { isNewUser, warnings, ...session }: CodeLoginOutcome): LoginAnswer {
    return {
      ...this.answer(session),
      isNewUser,
      ...(warnings.length > 0 && { warnings: warnings.map(({ code }) => ({ code })) }),
    };
  }

  /** Get new tokens for a session that goes on. */
  @Post('refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Problems(
    'invalid_request',
    'refresh_token_invalid',
    'refresh_token_reused',
    'session_revoked',
    'rate_limited',
    'database_unavailable',
  )
  async refresh(
    @Body() { refreshToken }: RefreshRequest,
    @Req() request: GuardedRequest,
  ): Promise<TokenAnswer> {
    const ip = clientAddress(request);
    try {
      return this.answer(await this.sessions.refresh(refreshToken, ip));
    } catch (error) {
      if (error instanceof RefreshTokenInvalidError && error.isForged) await this.limit.countForgery(ip);
      throw error;
    }
  }

  /** End this session. */
  @Post('logout')
  @HttpCode(204)
  @PerUserTurns('ending')
  @Guarded()
  async logout(
    @CurrentUser() { id: userId, sessionId: id }: SignedInUser,
    @Req() request: GuardedRequest,
  ): Promise<void> {
    await this.sessions.logOut({ id, userId }, actorOf(request));
  }

  /** End all sessions of the person. */
  @Post('logout/all')
  @HttpCode(204)
  @PerUserTurns('ending')
  @Guarded()
  async logoutAll(@CurrentUser() { id }: SignedInUser, @Req() request: GuardedRequest): Promise<void> {
    await this.standing.endSessions(id, 'signed_out', actorOf(request));
  }

  /** No access token outlives its session. */
  private answer(session: OpenSession): TokenAnswer {
    const { user, sessionId, appid, loggedInAt, refreshToken, refreshExpiresIn } = session;
    const lifetime = Math.min(this.settings.accessTokenTtl, refreshExpiresIn);
    return {
      accessToken: this.accessTokens.issue({
        ...user,
        userId: user.id,
        sessionId,
        appid,
        loggedInAt,
        lifetime,
      }),
      tokenType: 'Bearer',
      expiresIn: lifetime,
      refreshToken,
      refreshExpiresIn,
      user: this.views.of(user),
    };
  }
}
