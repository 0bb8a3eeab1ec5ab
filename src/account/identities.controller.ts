import { Delete, Header, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { LoginService } from '../auth/login.service.js';
import {
  toActor,
  CurrentUser,
  type AuthenticatedRequest,
  type SignedInUser,
} from '../auth/current-user.decorator.js';
import { FreshLogin, maxAccountLoginAge } from '../auth/fresh-login.decorator.js';
import { Authenticated } from '../auth/authenticated.decorator.js';
import { MiniProgramOnly } from '../auth/mini-program-only.decorator.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { PerUserRateLimit, PerUserConcurrencyLimit } from '../auth/per-user-limits.decorator.js';
import { ValidBody } from '../http/valid-body.decorator.js';
import { getClientIp } from '../http/client-ip.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { IdentityLinkingService, refuseRoles } from '../users/sign-in/identity-linking.service.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { LinkIdentityRequest } from './link-identity.request.js';
import { MeService } from './me.service.js';
import { MeResponse } from './me.response.js';

const linkingRateLimit = { name: 'linking', perMinute: 6 };

/** The mini-programs that are linked to the user. */
@ServiceController('me/identities')
@NeedsDatabase()
@ApiTags('me')
@Authenticated('forbidden')
@FreshLogin(maxAccountLoginAge)
export class IdentitiesController {
  constructor(
    private readonly me: MeService,
    private readonly apps: WechatAppsService,
    private readonly codeLogin: LoginService,
    private readonly linking: IdentityLinkingService,
  ) {}

  /** Link another mini-program, with a code of its wx.login. */
  @Post()
  @HttpCode(200)
  @MiniProgramOnly()
  @PerUserRateLimit(linkingRateLimit)
  @PerUserConcurrencyLimit('writing')
  @Problems(
    'invalid_request',
    'unknown_app',
    'code_invalid',
    'code_used',
    'identity_taken',
    'account_disabled',
    'rate_limited',
    'user_blocked_by_wechat',
    'wechat_misconfigured',
    'wechat_unavailable',
    'overloaded',
  )
  @Header('Cache-Control', 'no-store')
  async link(
    @CurrentUser() { id }: SignedInUser,
    @ValidBody() { code, appid }: LinkIdentityRequest,
    @Req() request: AuthenticatedRequest,
  ): Promise<MeResponse> {
    const app = this.apps.choose(appid, undefined);
    const user = await this.me.getActiveUser(id);
    // Linking checks it again, under a lock. Here it saves the code, which works once.
    refuseRoles(user);
    const session = await this.codeLogin.redeem(app, code, getClientIp(request));
    await this.linking.link(id, app.appid, session, toActor(request));
    return this.me.toResponse(user);
  }

  /** Unlink a mini-program, and end the sessions that began in it. */
  @Delete(':appid')
  @HttpCode(204)
  @MiniProgramOnly()
  @PerUserRateLimit(linkingRateLimit)
  @PerUserConcurrencyLimit('writing')
  @Problems('not_found', 'identity_shared', 'identity_last')
  async unlink(
    @CurrentUser() { id }: SignedInUser,
    @Param('appid') appid: string,
    @Req() request: AuthenticatedRequest,
  ): Promise<void> {
    await this.linking.unlink(id, appid, toActor(request));
  }
}
