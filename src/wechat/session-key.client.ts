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
   * Replaces a valid session_key. The old one dies at once; the new one lives no longer than it would have.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/ResetUserSessionKey.html
   *
   * @throws {LoginAgainError} where it is not the valid one any more, perhaps because the answer to our own first
   *   attempt was lost
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

/** The key signs nothing, and is taken as the text that it is, not as the bytes it stands for. */
function signed(openid: string, sessionKey: string): { query: Record<string, string>; secrets: string[] } {
  const signature = createHmac('sha256', sessionKey).update('').digest('hex');
  return {
    query: { openid, signature, sig_method: 'hmac_sha256' },
    secrets: [openid, sessionKey, signature],
  };
}

/** 87009 for a wrong signature, which a replaced key makes; 87007 for a key that is no more. */
function isStale({ errcode }: WechatApiError): boolean {
  return errcode === 87009 || errcode === 87007;
}
