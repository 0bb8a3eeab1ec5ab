import { Injectable, Logger } from '@nestjs/common';
import { Settings, type WechatApp } from '../../config/settings.js';
import { Database, type NamedStatement } from '../../database/database.js';
import { pollUntil } from '../../database/poll-until.js';
import { EventsService, insertMessages } from '../../events/events.service.js';
import type { UserEvent } from '../../events/user-event.js';
import { decryptOpenData, type EncryptedOpenData } from '../../wechat/open-data.js';
import { PhoneNumberClient, type WechatPhoneNumber } from '../../wechat/phone-number.client.js';
import { callTimeoutMs } from '../../wechat/wechat-resilience.js';
import { WechatAppsService } from '../../wechat/wechat-apps.service.js';
import {
  OpenDataInvalidError,
  PhoneCodeInvalidError,
  PhoneNumberImpossibleError,
  SessionKeyStaleError,
} from '../../wechat/wechat.errors.js';
import { User } from '../user.entity.js';
import { PhoneCipher } from './phone-cipher.js';
import { PhoneCodesService } from './phone-codes.service.js';
import { toE164 } from './phone-number.js';
import type { SessionUserRef } from '../identities/session-identity.js';
import { type IdentityKeys, SessionKeysService } from '../identities/session-keys.service.js';

/** Sets the phone number of an active user, and writes the messages for webhooks, in one round trip. */
const setPhoneStatement: NamedStatement = {
  name: 'set-phone-1',
  text: `
    WITH owner AS (
      UPDATE users SET phone_sealed = $2, phone_index = $3 WHERE id = $1 AND status = 'active' RETURNING id
    ), message AS (
      ${insertMessages('$4', 'owner')}
    )
    SELECT FROM owner`,
};

/** Who shares a phone number, and through which mini-program. */
export interface PhoneOwner extends SessionUserRef {
  appid: string;
}

/** Brings the phone number that a user has agreed to share from WeChat to their user. */
@Injectable()
export class PhoneNumbersService {
  readonly #logger = new Logger(PhoneNumbersService.name);

  constructor(
    private readonly client: PhoneNumberClient,
    private readonly apps: WechatAppsService,
    private readonly codes: PhoneCodesService,
    private readonly sessionKeys: SessionKeysService,
    private readonly cipher: PhoneCipher,
    private readonly database: Database,
    private readonly events: EventsService,
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
  async savePhoneByCode(
    owner: PhoneOwner,
    code: string,
    { isRepeat = false }: { isRepeat?: boolean } = {},
  ): Promise<string> {
    const { userId, appid } = owner;
    const app = this.apps.find(appid);
    const identity = await this.sessionKeys.findBySession(owner);
    if (app === undefined || identity === null) throw new PhoneCodeInvalidError();
    const state = await pollUntil(
      () => this.codes.spend(appid, code),
      (found) => found !== 'pending',
      isRepeat ? performance.now() + callTimeoutMs : 0,
    );
    if (state === 'first') return this.askOnce(app, { code, openid: identity.openid }, userId);
    const kept = isRepeat && state === 'kept' ? await this.findPhone(userId) : null;
    if (kept === null) throw new PhoneCodeInvalidError();
    return kept;
  }

  /**
   * Opens the encrypted data of the same button, as older base libraries give it.
   *
   * @returns the number in E.164, which WeChat has still to confirm
   * @throws {SessionKeyStaleError} {@link OpenDataInvalidError} {@link PhoneNumberImpossibleError}
   */
  decryptPhone(appid: string, identity: IdentityKeys | null, sealed: EncryptedOpenData): string {
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
   * Keeps a number that {@link decryptPhone} gave, once WeChat confirms that it has made the data: of what a session_key opens,
   * nobody else can be sure.
   *
   * @throws {OpenDataInvalidError}, and whatever `PhoneNumberClient.checkEncryptedData` throws
   * @throws {DatabaseUnavailableError}
   */
  async saveConfirmedPhone(
    { userId, appid }: PhoneOwner,
    sealed: EncryptedOpenData,
    phone: string,
  ): Promise<void> {
    const app = this.apps.find(appid);
    if (app === undefined || !(await this.client.checkEncryptedData(app, sealed.encryptedData))) {
      throw new OpenDataInvalidError();
    }
    await this.setPhone(userId, phone);
  }

  private async askOnce(
    app: WechatApp,
    asked: { code: string; openid: string },
    userId: string,
  ): Promise<string> {
    let isSent = false;
    try {
      const answer = await this.client.getPhoneNumber(app, { ...asked, onSend: (sent) => (isSent = sent) });
      const sealed = await this.setPhone(userId, this.toPhone(answer));
      await this.codes.settle(app.appid, asked.code, 'kept');
      return sealed;
    } catch (error) {
      if (isSent) await this.codes.settle(app.appid, asked.code, 'refused');
      else await this.codes.unspend(app.appid, asked.code);
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

  /**
   * Sets the phone number of a user who is still active: WeChat may have taken its time.
   *
   * @param phone E.164
   * @returns the number as the user's row keeps it
   */
  private async setPhone(id: string, phone: string): Promise<string> {
    const { phoneSealed, phoneIndex } = this.cipher.encrypt(id, phone);
    const events: UserEvent[] = [{ type: 'user.updated', userId: id }];
    const messages = this.events.toMessages(events) ?? '[]';
    const set = await this.database.query(setPhoneStatement, [id, phoneSealed, phoneIndex, messages]);
    if (set.length > 0) this.events.callHooks(events);
    return phoneSealed;
  }

  private async findPhone(userId: string): Promise<string | null> {
    const user = await this.database.run((manager) => manager.findOneBy(User, { id: userId }));
    return user?.phoneSealed ?? null;
  }
}
