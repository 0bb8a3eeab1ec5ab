import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { isCode } from './code-checks.js';
import { malformed, type WechatFields } from './wechat-response.js';
import { WechatAuthorizedApi } from './wechat-authorized-api.js';
import { toApiError } from './wechat-api.error.js';
import { PhoneCodeInvalidError } from './wechat.errors.js';

/** A number as WeChat tells it. */
export interface WechatPhoneNumber {
  /** Without the country code. What the text says is not judged. */
  purePhoneNumber: string;
  /** Digits. */
  countryCode: string;
}

/** 40029 is documented; the others are what an invalid, used, foreign or mismatched code may be answered with. */
const codeErrcodes: ReadonlySet<number> = new Set([40029, 40013, 40163, 40003]);

/** Asks WeChat about what the getPhoneNumber button handed out. */
@Injectable()
export class PhoneNumberClient {
  constructor(private readonly interfaces: WechatAuthorizedApi) {}

  /**
   * The number behind a code of the button. It works once, for five minutes, and costs the operator money: once sent
   * it is not sent again, unless WeChat did not look at it for want of a valid access_token.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
   *
   * @param openid whose code it must be
   * @param onSend told whether the code has been sent, as far as WeChat has looked at it
   * @throws {PhoneCodeInvalidError} {@link WechatRateLimitedError} {@link WechatMisconfiguredError}
   *   {@link WechatUnavailableError} {@link TooManyWechatCallsError}
   */
  async getPhoneNumber(
    app: WechatApp,
    { code, openid, onSend }: { code: string; openid: string; onSend?: (isSent: boolean) => void },
  ): Promise<WechatPhoneNumber> {
    if (!isCode(code)) throw new PhoneCodeInvalidError();
    return this.interfaces.call(app, {
      purpose: 'phone number',
      path: '/wxa/business/getuserphonenumber',
      body: { code, openid },
      secrets: [code, openid],
      callerText: code,
      isNonIdempotent: true,
      onSend,
      parse: (answer) => toPhoneNumber(app, answer),
      onError: (refusal) => {
        throw codeErrcodes.has(refusal.errcode) ? new PhoneCodeInvalidError() : toApiError(refusal);
      },
    });
  }

  /**
   * Whether WeChat itself has encrypted this phone number, within the last three days. When it did so the answer says
   * too; the watermark inside tells the same to whoever decrypts it.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/basic-info/checkEncryptedData.html
   *
   * @param encryptedData base64: the text as WeChat made it is what is hashed, so without white space
   * @throws {WechatRateLimitedError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link TooManyWechatCallsError}
   */
  async checkEncryptedData(app: WechatApp, encryptedData: string): Promise<boolean> {
    return this.interfaces.call(app, {
      purpose: 'check of encrypted data',
      path: '/wxa/business/checkencryptedmsg',
      body: {
        encrypted_msg_hash: createHash('sha256').update(encryptedData.replaceAll(/\s/g, '')).digest('hex'),
      },
      secrets: [],
      // Spelt as WeChat spells it.
      parse: ({ vaild }) => {
        if (typeof vaild !== 'boolean') throw malformed('without a verdict on encrypted data');
        return vaild;
      },
      onError: (refusal) => {
        // "data not exit": WeChat knows of no such data.
        if (refusal.errcode === 1) return false;
        throw toApiError(refusal);
      },
    });
  }
}

function toPhoneNumber({ appid }: WechatApp, { phone_info: info }: WechatFields): WechatPhoneNumber {
  const { purePhoneNumber, countryCode, watermark } = membersOf(info);
  if (typeof purePhoneNumber !== 'string' || purePhoneNumber === '') {
    throw malformed('without a phone number');
  }
  // The page says text, its sample has a number.
  const countryCodeText = String(countryCode);
  if (!/^[0-9]{1,4}$/.test(countryCodeText)) throw malformed('without a country code');
  if (membersOf(watermark)['appid'] !== appid) throw malformed('about another mini-program');
  return { purePhoneNumber, countryCode: countryCodeText };
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
