import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { malformed, readSessionKey } from './wechat-response.js';
import { WechatAuthorizedApi } from './wechat-authorized-api.js';
import { toApiError, WechatApiError } from './wechat-api.error.js';
import { LoginAgainError } from './wechat.errors.js';

/** Asks WeChat about the session_key of a user in a mini-program. Only one is valid at a time. */
@Injectable()
export class SessionKeyClient {
  constructor(private readonly interfaces: WechatAuthorizedApi) {}

  /**
   * Whether a session_key is the user's valid one.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/checkSessionKey.html
   *
   * @throws {WechatRateLimitedError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link TooManyWechatCallsError}
   */
  async checkSessionKey(app: WechatApp, openid: string, sessionKey: string): Promise<boolean> {
    return this.interfaces.call(app, {
      purpose: 'check of a session_key',
      path: '/wxa/checksession',
      ...signed(openid, sessionKey),
      parse: () => true,
      onError: (refusal) => {
        if (isStale(refusal)) return false;
        throw toApiError(refusal);
      },
    });
  }

  /**
   * Replaces a valid session_key. The old one ends at once. The new one ends when the old one would have ended.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/ResetUserSessionKey.html
   *
   * @throws {LoginAgainError} if it is not valid any more. The reason may be an earlier attempt of ours, whose
   *   answer was lost
   * @throws {WechatRateLimitedError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link TooManyWechatCallsError}
   */
  async resetUserSessionKey(
    app: WechatApp,
    openid: string,
    sessionKey: string,
  ): Promise<{ sessionKey: string }> {
    return this.interfaces.call(app, {
      purpose: 'new session_key',
      path: '/wxa/resetusersessionkey',
      ...signed(openid, sessionKey),
      parse: (answer) => {
        if (answer['openid'] !== openid) throw malformed('about another openid');
        return { sessionKey: readSessionKey(answer) };
      },
      onError: (refusal) => {
        throw isStale(refusal) ? new LoginAgainError() : toApiError(refusal);
      },
    });
  }
}

/** The key of the HMAC is the text of the session_key, not the bytes that it encodes; the signed text is empty. */
function signed(openid: string, sessionKey: string): { query: Record<string, string>; secrets: string[] } {
  const signature = createHmac('sha256', sessionKey).update('').digest('hex');
  return {
    query: { openid, signature, sig_method: 'hmac_sha256' },
    secrets: [openid, sessionKey, signature],
  };
}

/** 87009: wrong signature, which a replaced key causes. 87007: the key does not exist any more. */
function isStale({ errcode }: WechatApiError): boolean {
  return errcode === 87009 || errcode === 87007;
}
