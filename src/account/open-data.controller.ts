import { Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentUser, type SignedInUser } from '../auth/current-user.decorator.js';
import { Authenticated } from '../auth/authenticated.decorator.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { PerUserRateLimit, PerUserConcurrencyLimit } from '../auth/per-user-limits.decorator.js';
import { Settings } from '../config/settings.js';
import { TakesLargeBody } from '../http/body-limit.js';
import { ValidBody } from '../http/valid-body.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { SessionKeysService } from '../users/identities/session-keys.service.js';
import { decryptOpenData, withoutIdentity } from '../wechat/open-data.js';
import { SessionKeyClient } from '../wechat/session-key.client.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { SessionKeyStaleError } from '../wechat/wechat.errors.js';
import { MeResponse } from './me.response.js';
import { MeService } from './me.service.js';
import { OpenDataResponse, SessionKeyResponse } from './open-data.response.js';
import { OpenDataLimiter } from './open-data-limiter.js';
import { OpenDataRequest } from './open-data.request.js';
import { PhoneRequest } from './phone.request.js';
import { PhoneNumbersService } from '../users/profile/phone-numbers.service.js';

/** Data of the signed-in user from WeChat: encrypted, or by a code. */
@ServiceController('me')
@NeedsDatabase()
@ApiTags('me')
@Authenticated('wechat_misconfigured', 'wechat_unavailable', 'overloaded')
export class OpenDataController {
  constructor(
    private readonly me: MeService,
    private readonly limit: OpenDataLimiter,
    private readonly sessionKeys: SessionKeysService,
    private readonly sessionKeyClient: SessionKeyClient,
    private readonly phoneNumbers: PhoneNumbersService,
    private readonly apps: WechatAppsService,
    private readonly settings: Settings,
  ) {}

  /** Decrypt data that WeChat has encrypted about you. */
  @Post('open-data')
  @TakesLargeBody()
  @HttpCode(200)
  @PerUserRateLimit({ name: 'open-data', perMinute: 30 })
  @Problems('invalid_request', 'session_key_stale', 'open_data_invalid', 'rate_limited')
  @Header('Cache-Control', 'no-store')
  async open(
    @CurrentUser() { id: userId, sessionId, appid }: SignedInUser,
    @ValidBody() sealed: OpenDataRequest,
  ): Promise<OpenDataResponse> {
    const identity = await this.sessionKeys.findBySession({ userId, sessionId });
    return this.limit.run(userId, () => {
      if (identity === null) throw new SessionKeyStaleError();
      const maxAge = this.settings.openDataMaxAge;
      return { data: withoutIdentity(decryptOpenData(sealed, { ...identity, appid, maxAge })) };
    });
  }

  /** Set your phone number from the result of the getPhoneNumber button. */
  @Post('phone')
  @TakesLargeBody()
  @HttpCode(200)
  @PerUserRateLimit({ name: 'phone', perMinute: 6 })
  @PerUserConcurrencyLimit('writing')
  @Problems('invalid_request', 'phone_code_invalid', 'session_key_stale', 'open_data_invalid', 'rate_limited')
  @Header('Cache-Control', 'no-store')
  async setPhone(
    @CurrentUser() { id: userId, appid, sessionId }: SignedInUser,
    @ValidBody() { code, encryptedData, iv }: PhoneRequest,
  ): Promise<MeResponse> {
    const owner = { userId, appid, sessionId };
    if (code !== undefined) await this.phoneNumbers.savePhoneByCode(owner, code);
    else {
      const sealed = { encryptedData: encryptedData!, iv: iv! };
      const identity = await this.sessionKeys.findBySession(owner);
      const phone = this.limit.run(userId, () => this.phoneNumbers.decryptPhone(appid, identity, sealed));
      await this.phoneNumbers.saveConfirmedPhone(owner, sealed, phone);
    }
    return this.me.toResponse(await this.me.getActiveUser(userId));
  }

  /** Ask WeChat whether the session_key of your last login is still valid. */
  @Get('session-key')
  @PerUserRateLimit({ name: 'session-key', perMinute: 12 })
  @PerUserConcurrencyLimit('writing')
  @Problems('rate_limited')
  @Header('Cache-Control', 'no-store')
  async checkSessionKey(
    @CurrentUser() { id: userId, sessionId, appid }: SignedInUser,
  ): Promise<SessionKeyResponse> {
    const app = this.apps.find(appid);
    const identity = await this.sessionKeys.findBySession({ userId, sessionId });
    const newest = identity?.sessionKeys[0];
    if (app === undefined || identity === null || newest === undefined) return { valid: false };
    return { valid: await this.sessionKeyClient.checkSessionKey(app, identity.openid, newest) };
  }
}
