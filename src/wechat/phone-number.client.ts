import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { isCode } from './code-checks.js';
import { malformed, type WechatFields } from './wechat-response.js';
import { WechatAuthorizedApi } from './wechat-authorized-api.js';
import { toApiError } from './wechat-api.error.js';
import { PhoneCodeInvalidError } from './wechat.errors.js';

/** A number as WeChat returns it. */
export interface WechatPhoneNumber {
  /** Without the country code; not checked. */
  purePhoneNumber: string;
  /** Digits. */
  countryCode: string;
}

/** 40029 is documented; WeChat may return the others for an invalid, used, foreign or mismatched code. */
const codeErrcodes: ReadonlySet<number> = new Set([40029, 40013, 40163, 40003]);

/** Asks WeChat about codes and data of the getPhoneNumber button. */
@Injectable()
export class PhoneNumberClient {
  constructor(private readonly interfaces: WechatAuthorizedApi) {}

  /**
   * The number behind a code of the button. It works once, for five minutes, and costs the operator money. So it is sent
   * once, unless WeChat refused the access_token and did not use the code.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
   *
   * @param openid the user to whom the code must belong
   * @param onSend is called with whether WeChat may have used the code
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
   * Whether WeChat itself has encrypted this phone number, within the last three days. The time in the answer is not used,
   * since the watermark in the data has it, too.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/basic-info/checkEncryptedData.html
   *
   * @param encryptedData base64. The hash is over the text as WeChat made it, so without white space
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
        // "data not exit": WeChat does not know this data.
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
