import { createHash } from 'node:crypto';
import { newPhoneCode } from './identifiers.js';
import type { Watermark } from '../phone/open-data.js';
import { RecentMap } from './recent-map.js';
import type { User } from './users.js';
import { WechatError } from '../wechat-api/wechat-errors.js';

const codeLifeSeconds = 300;
const dataLifeSeconds = 3 * 86_400;

/** Number of codes and of encrypted numbers that are remembered. */
const maxRemembered = 200_000;

/** A phone number in WeChat's form. */
export interface PhoneInfo {
  /** With the country code, unless it is 86. */
  phoneNumber: string;
  purePhoneNumber: string;
  countryCode: string | number;
  watermark: Watermark;
}

interface PhoneCode {
  readonly appid: string;
  readonly openid: string;
  readonly info: PhoneInfo;
  readonly issuedAt: number;
  spent: boolean;
}

interface EncryptedPhone {
  readonly appid: string;
  readonly madeAt: number;
}

/** The codes and encrypted numbers that the getPhoneNumber button has returned. */
export class PhoneNumbers {
  readonly #codes = new RecentMap<PhoneCode>(maxRemembered);
  readonly #encrypted = new RecentMap<EncryptedPhone>(maxRemembered);

  /** Creates a code for one app and user. It can be used once, within five minutes. */
  issueCode(appid: string, openid: string, info: PhoneInfo, now: number): string {
    const code = newPhoneCode();
    this.#codes.add(code, { appid, openid, info, issuedAt: now, spent: false });
    return code;
  }

  /** Returns the phone number of a code. If `openid` is given, the code must be this user's. This does not use up the code. */
  findUnused(code: string, appid: string, openid: string | null, now: number): PhoneInfo {
    const known = this.#codes.get(code);
    if (!known) throw new WechatError(40029);
    if (known.appid !== appid) throw new WechatError(40013);
    if (known.spent || now - known.issuedAt >= codeLifeSeconds * 1000) throw new WechatError(40029);
    if (openid && openid !== known.openid) throw new WechatError(40029);
    return known.info;
  }

  spendCode(code: string): void {
    const known = this.#codes.get(code);
    if (known) known.spent = true;
  }

  rememberEncrypted(encryptedData: string, appid: string, now: number): void {
    this.#encrypted.add(hashOfEncryptedData(encryptedData), { appid, madeAt: now });
  }

  /** Returns the encrypted number with this hash, for three days. */
  findEncrypted(hash: string, now: number): EncryptedPhone | undefined {
    const found = this.#encrypted.get(hash);
    return found && now - found.madeAt < dataLifeSeconds * 1000 ? found : undefined;
  }

  clear(): void {
    this.#codes.clear();
    this.#encrypted.clear();
  }
}

export function phoneInfoOf({ phone, countryCode }: User, watermark: Watermark): PhoneInfo {
  return {
    phoneNumber: String(countryCode) === '86' ? phone : `${countryCode}${phone}`,
    purePhoneNumber: phone,
    countryCode,
    watermark,
  };
}

/** The hash of the base64 text, not of the decoded bytes. */
export function hashOfEncryptedData(encryptedData: string): string {
  return createHash('sha256').update(encryptedData).digest('hex');
}
