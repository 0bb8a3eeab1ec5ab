import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LoginCodes } from '../sessions/login-codes.js';
import { decryptOpenData, type SealedOpenData } from '../wechat/open-data.js';
import { PhoneNumberClient } from '../wechat/phone-number.client.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import {
  OpenDataInvalidError,
  OverloadedError,
  PhoneCodeInvalidError,
  SessionKeyStaleError,
  WechatUnavailableError,
} from '../wechat/wechat.errors.js';
import { toE164 } from './phones.js';
import { SessionKeys } from './session-keys.js';
import { Users } from './users.js';

/** A person in a session: who shares a phone number, and through which mini-program. */
export interface PhoneOwner {
  userId: string;
  appid: string;
  sessionId: string;
}

/** Brings the phone number that a person has agreed to share from WeChat to their user. */
@Injectable()
export class PhoneNumbers {
  constructor(
    private readonly client: PhoneNumberClient,
    private readonly apps: WechatApps,
    private readonly loginCodes: LoginCodes,
    private readonly sessionKeys: SessionKeys,
    private readonly users: Users,
    private readonly settings: Settings,
  ) {}

  /**
   * By the code of the getPhoneNumber button. A code is sent to WeChat once, by whichever node comes first.
   *
   * @returns the number as the user's row keeps it
   * @throws {PhoneCodeInvalidError} and whatever else `PhoneNumberClient.getPhoneNumber` throws
   * @throws {DatabaseUnavailableError}
   */
  async learnByCode({ userId, appid, sessionId }: PhoneOwner, code: string): Promise<string> {
    const app = this.apps.find(appid);
    const identity = await this.sessionKeys.of(userId, appid);
    if (app === undefined || identity === null) throw new PhoneCodeInvalidError();
    if (!(await this.loginCodes.spendPhoneCode(appid, code, sessionId))) throw new PhoneCodeInvalidError();
    try {
      const { countryCode, purePhoneNumber } = await this.client.getPhoneNumber(app, {
        code,
        openid: identity.openid,
      });
      const phone = toE164(`+${countryCode}${purePhoneNumber}`);
      if (phone === undefined) throw new WechatUnavailableError('malformed');
      return await this.users.setPhone(userId, phone);
    } catch (error) {
      if (isUnsent(error)) await this.loginCodes.unspendPhoneCode(appid, code);
      throw error;
    }
  }

  /**
   * By the encrypted data of the same button, as older base libraries give it. WeChat confirms that it has made it:
   * of what a session_key opens, nobody else can be sure.
   *
   * @returns the number as the user's row keeps it
   * @throws {SessionKeyStaleError} {@link OpenDataInvalidError}, and whatever
   *   `PhoneNumberClient.checkEncryptedData` throws
   * @throws {DatabaseUnavailableError}
   */
  async learnByOpenData({ userId, appid }: PhoneOwner, sealed: SealedOpenData): Promise<string> {
    const app = this.apps.find(appid);
    const identity = await this.sessionKeys.of(userId, appid);
    if (app === undefined || identity === null) throw new SessionKeyStaleError();
    const { countryCode, purePhoneNumber } = decryptOpenData(sealed, {
      ...identity,
      appid,
      maxAge: this.settings.openDataMaxAge,
    });
    const phone = toE164(`+${String(countryCode)}${String(purePhoneNumber)}`);
    if (phone === undefined) throw new OpenDataInvalidError();
    if (!(await this.client.checkEncryptedData(app, sealed.encryptedData))) throw new OpenDataInvalidError();
    return this.users.setPhone(userId, phone);
  }
}

/** Whether a call to WeChat surely never left this machine. */
function isUnsent(error: unknown): boolean {
  return error instanceof OverloadedError || (error instanceof WechatUnavailableError && error.unsent);
}
