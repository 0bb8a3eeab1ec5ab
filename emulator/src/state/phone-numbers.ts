import { createHash } from 'node:crypto';
import { newPhoneCode } from './identifiers.js';
import type { Watermark } from '../phone/open-data.js';
import { RecentMap } from './recent-map.js';
import type { User } from './users.js';
import { WechatError } from '../wechat-api/wechat-errors.js';

const codeLifeSeconds = 300;
const dataLifeSeconds = 3 * 86_400;

/** Of each, the last so many. */
const kept = 200_000;

/** A number as WeChat tells it. */
export interface PhoneInfo {
  /** With the country code unless it is 86. */
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

/** What the getPhoneNumber button has handed out. */
export class PhoneNumbers {
  readonly #codes = new RecentMap<PhoneCode>(kept);
  readonly #encrypted = new RecentMap<EncryptedPhone>(kept);

  /** A code for one app and user, good for five minutes and once. */
  issueCode(appid: string, openid: string, info: PhoneInfo, now: number): string {
    const code = newPhoneCode();
    this.#codes.add(code, { appid, openid, info, issuedAt: now, spent: false });
    return code;
  }

  /** The number that a code stands for, if it is this user's where one is named. Looking does not spend the code. */
  redeemable(code: string, appid: string, openid: string | null, now: number): PhoneInfo {
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

  /** The encrypted number of this hash, for three days. */
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

/** Over the base64 text, not over the bytes it stands for. */
export function hashOfEncryptedData(encryptedData: string): string {
  return createHash('sha256').update(encryptedData).digest('hex');
}
