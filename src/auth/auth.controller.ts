import { Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Settings } from '../config/settings.js';
import { Problems } from '../http/problems.decorator.js';
import { UserViews } from '../users/user-views.js';
import type { SignedIn } from '../users/users.js';
import { AccessTokens } from './access-tokens.js';
import { LoginAnswer } from './login.answer.js';
import { LoginRequest } from './login.request.js';
import { CodeOwner, WechatCodeGuard } from './wechat-code.guard.js';

const loginProblems = [
  'invalid_request',
  'unknown_app',
  'code_invalid',
  'code_used',
  'account_disabled',
  'user_blocked_by_wechat',
  'rate_limited',
  'wechat_misconfigured',
  'wechat_unavailable',
  'database_unavailable',
  'overloaded',
] as const;

/** Getting in. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly views: UserViews,
    private readonly settings: Settings,
  ) {}

  /** Log in with the code of wx.login. */
  @Post('login')
  @HttpCode(200)
  // Tokens are for the caller alone: no cache may keep them (RFC 6749, section 5.1).
  @Header('Cache-Control', 'no-store')
  @ApiBody({ type: LoginRequest })
  @Problems(...loginProblems)
  @UseGuards(WechatCodeGuard)
  login(@CodeOwner() { user, sessionId, appid, refreshToken, isNewUser }: SignedIn): LoginAnswer {
    const { accessTokenTtl, refreshTokenTtl, sessionMaxAge } = this.settings;
    return {
      accessToken: this.accessTokens.issue({ ...user, userId: user.id, sessionId, appid }),
      tokenType: 'Bearer',
      expiresIn: accessTokenTtl,
      refreshToken,
      refreshExpiresIn: Math.min(refreshTokenTtl, sessionMaxAge),
      user: this.views.of(user),
      isNewUser,
    };
  }
}
