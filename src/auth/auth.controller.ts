import { Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { type UserView, UserViews } from '../users/user-views.js';
import type { SignedIn } from '../users/users.js';
import { AccessTokens } from './access-tokens.js';
import { CodeOwner, WechatCodeGuard } from './wechat-code.guard.js';

/** Answer to a login; the members are those of RFC 6749, section 5.1, in camel case. */
interface LoginAnswer {
  accessToken: string;
  tokenType: 'Bearer';
  /** Seconds. */
  expiresIn: number;
  refreshToken: string;
  /** Seconds. */
  refreshExpiresIn: number;
  user: UserView;
  isNewUser: boolean;
}

/** Getting in. */
@Controller('auth')
export class AuthController {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly views: UserViews,
    private readonly settings: Settings,
  ) {}

  /** Tokens are for the caller alone: no cache may keep them (RFC 6749, section 5.1). */
  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
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
