import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Settings, type WechatApp } from '../config/settings.js';
import { LoginCodes } from '../sessions/login-codes.js';
import { decryptOpenData, type SealedOpenData } from '../wechat/open-data.js';
import { PhoneNumberClient, type WechatPhoneNumber } from '../wechat/phone-number.client.js';
import { callDeadline } from '../wechat/wechat-calls.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import {
  OpenDataInvalidError,
  PhoneCodeInvalidError,
  PhoneNumberImpossibleError,
  SessionKeyStaleError,
} from '../wechat/wechat.errors.js';
import { toE164 } from './phones.js';
import type { PersonInSession } from './session-identity.js';
import { type IdentityKeys, SessionKeys } from './session-keys.js';
import { Users } from './users.js';

/** Milliseconds between two looks at what becomes of a code that another request has sent. */
const pause = 100;

/** Who shares a phone number, and through which mini-program. */
export interface PhoneOwner extends PersonInSession {
  appid: string;
}

/** Brings the phone number that a person has agreed to share from WeChat to their user. */
@Injectable()
export class PhoneNumbers {
  readonly #logger = new Logger(PhoneNumbers.name);

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
   * @param options.isRepeat whether the same request came before: then what became of that counts for this one, too
   * @returns the number as the user's row keeps it
   * @throws {PhoneCodeInvalidError} {@link PhoneNumberImpossibleError} and whatever else `PhoneNumberClient.getPhoneNumber` throws
   * @throws {DatabaseUnavailableError}
   */
  async learnByCode(
    owner: PhoneOwner,
    code: string,
    { isRepeat = false }: { isRepeat?: boolean } = {},
  ): Promise<string> {
    const { userId, appid, sessionId } = owner;
    const app = this.apps.find(appid);
    const identity = await this.sessionKeys.of(owner);
    if (app === undefined || identity === null) throw new PhoneCodeInvalidError();
    const deadline = performance.now() + (isRepeat ? callDeadline : 0);
    let state = await this.loginCodes.spendPhoneCode(appid, code, sessionId);
    while (state === 'pending' && performance.now() < deadline) {
      await sleep(pause);
      state = await this.loginCodes.spendPhoneCode(appid, code, sessionId);
    }
    if (state === 'first') return this.askOnce(app, { code, openid: identity.openid }, userId);
    const kept = isRepeat && state === 'kept' ? (await this.users.find(userId))?.phoneSealed : null;
    if (kept === null || kept === undefined) throw new PhoneCodeInvalidError();
    return kept;
  }

  /**
   * Opens the encrypted data of the same button, as older base libraries give it.
   *
   * @returns the number in E.164, which WeChat has still to confirm
   * @throws {SessionKeyStaleError} {@link OpenDataInvalidError} {@link PhoneNumberImpossibleError}
   */
  open(appid: string, identity: IdentityKeys | null, sealed: SealedOpenData): string {
    if (identity === null) throw new SessionKeyStaleError();
    const { countryCode, purePhoneNumber } = decryptOpenData(sealed, {
      ...identity,
      appid,
      maxAge: this.settings.openDataMaxAge,
    });
    // The page says text, its sample has a number.
    const countryCodeText = String(countryCode);
    if (!/^[0-9]{1,4}$/.test(countryCodeText) || typeof purePhoneNumber !== 'string') {
      throw new OpenDataInvalidError();
    }
    return this.toPhone({ countryCode: countryCodeText, purePhoneNumber });
  }

  /**
   * Keeps a number that {@link open} gave, once WeChat confirms that it has made the data: of what a session_key opens,
   * nobody else can be sure.
   *
   * @throws {OpenDataInvalidError}, and whatever `PhoneNumberClient.checkEncryptedData` throws
   * @throws {DatabaseUnavailableError}
   */
  async keepConfirmed({ userId, appid }: PhoneOwner, sealed: SealedOpenData, phone: string): Promise<void> {
    const app = this.apps.find(appid);
    if (app === undefined || !(await this.client.checkEncryptedData(app, sealed.encryptedData))) {
      throw new OpenDataInvalidError();
    }
    await this.users.setPhone(userId, phone);
  }

  private async askOnce(
    app: WechatApp,
    asked: { code: string; openid: string },
    userId: string,
  ): Promise<string> {
    let isSent = false;
    try {
      const answer = await this.client.getPhoneNumber(app, { ...asked, onSend: (sent) => (isSent = sent) });
      const sealed = await this.users.setPhone(userId, this.toPhone(answer));
      await this.loginCodes.settlePhoneCode(app.appid, asked.code, 'kept');
      return sealed;
    } catch (error) {
      if (isSent) await this.loginCodes.settlePhoneCode(app.appid, asked.code, 'refused');
      else await this.loginCodes.unspendPhoneCode(app.appid, asked.code);
      throw error;
    }
  }

  private toPhone({ countryCode, purePhoneNumber }: WechatPhoneNumber): string {
    const phone = toE164(`+${countryCode}${purePhoneNumber}`);
    if (phone !== undefined) return phone;
    this.#logger.warn(
      `WeChat gave a phone number that cannot exist, with the country code ${countryCode}. It was not stored.`,
    );
    throw new PhoneNumberImpossibleError();
  }
}
