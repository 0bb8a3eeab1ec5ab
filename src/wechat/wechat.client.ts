import { Injectable, Logger } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { isNothingWord } from '../validation/nothing-words.js';
import { isCode } from './code-checks.js';
import { isIdentifier } from './identifier.js';
import { logFailure } from './log-failure.js';
import { malformed, readSessionKey, type WechatFields } from './wechat-response.js';
import { WechatResilience } from './wechat-resilience.js';
import { toCodeExchangeError, toServerError, WechatApiError } from './wechat-api.error.js';
import { WechatHttpClient } from './wechat-http.client.js';
import { CodeInvalidError, WechatUnavailableError } from './wechat.errors.js';

/** What a login code stands for. */
export interface WechatSession {
  /** The user in this mini-program. */
  openid: string;
  /** Base64 of 16 bytes; opens the user's encrypted data. Must never leave the server. */
  sessionKey: string;
  /** The user across all apps of one Open Platform account; absent where the app is bound to none. */
  unionid?: string;
}

/** The mini-program's own key to WeChat's interfaces. */
export interface WechatAccessToken {
  accessToken: string;
  /** Seconds from now. */
  expiresIn: number;
}

/** WeChat's server, as far as it answers whoever has the appsecret. WeChat's own names and numbers end here. */
@Injectable()
export class WechatClient {
  readonly #logger = new Logger(WechatClient.name);

  constructor(
    private readonly requests: WechatHttpClient,
    private readonly calls: WechatResilience,
  ) {}

  /**
   * Exchanges the code of wx.login. A code works once, for five minutes.
   * https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session.html
   *
   * @throws {CodeInvalidError} {@link CodeUsedError} {@link WechatRateLimitedError}
   *   {@link UserBlockedByWechatError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link TooManyWechatCallsError}
   */
  async code2Session(app: WechatApp, code: string): Promise<WechatSession> {
    if (!isCode(code)) throw new CodeInvalidError();
    const path = '/sns/jscode2session';
    // `URLSearchParams` escapes whatever a caller sends as a code.
    const query = new URLSearchParams({
      appid: app.appid,
      secret: app.secret,
      js_code: code,
      grant_type: 'authorization_code',
    }).toString();
    let attempts = 0;
    try {
      const result = await this.calls.make({ appid: app.appid, path, callerText: code }, async (signal) => {
        attempts += 1;
        const answer = await this.requests.askDirectly(path, query, signal, [app.secret, code]);
        return answer instanceof WechatApiError ? answer : toSession(answer);
      });
      if (!(result instanceof WechatApiError)) return result;
      // An earlier attempt reached WeChat after all, and its answer was lost: no fault of the caller's.
      if (result.errcode === 40163 && attempts > 1) throw new WechatUnavailableError('answer_lost');
      throw toCodeExchangeError(result);
    } catch (error) {
      logFailure(this.#logger, app, 'session', error);
      throw error;
    }
  }

  /**
   * The access_token that WeChat gives to all who ask, until shortly before its end. It takes no turn of the calls
   * that WECHAT_MAX_CONCURRENCY bounds.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
   *
   * @param forceRefresh whether WeChat is to end that one and make another: 20 times a day, no sooner than 30 s
   *   after the time before
   * @throws {WechatMisconfiguredError} {@link WechatUnavailableError}
   */
  async getStableAccessToken(app: WechatApp, forceRefresh = false): Promise<WechatAccessToken> {
    const url = '/cgi-bin/stable_token';
    const data = {
      grant_type: 'client_credential',
      appid: app.appid,
      secret: app.secret,
      force_refresh: forceRefresh,
    };
    try {
      const result = await this.calls.make(
        { appid: app.appid, path: url, bypassQueue: true },
        async (signal) => {
          const answer = await this.requests.ask({ method: 'POST', url, data, signal }, [app.secret]);
          return answer instanceof WechatApiError ? answer : toAccessToken(answer);
        },
      );
      if (result instanceof WechatApiError) throw toServerError(result);
      return result;
    } catch (error) {
      logFailure(this.#logger, app, 'access token', error);
      throw error;
    }
  }

  /**
   * What time it is at WeChat, to the second.
   *
   * @throws {WechatUnavailableError} {@link TooManyWechatCallsError}
   */
  async time(app: WechatApp): Promise<Date> {
    return this.calls.make({ appid: app.appid, path: '/' }, async (signal) => {
      const { headers } = await this.requests.send({ url: '/', signal });
      const time = new Date(String(headers['date']));
      if (Number.isNaN(time.getTime())) throw malformed('without a date');
      return time;
    });
  }
}

/** WeChat's fields in our names; all of them are checked, since a proxy may answer in WeChat's place. */
function toSession(answer: WechatFields): WechatSession {
  const { openid, unionid } = answer;
  if (!isIdentifier(openid) || isNothingWord(openid)) throw malformed('without an openid');
  const sessionKey = readSessionKey(answer);
  // Proxies and gateways write "null" and the like: taken for a unionid, it would make one user of everybody.
  if (isNothing(unionid)) return { openid, sessionKey };
  if (!isIdentifier(unionid)) throw malformed('with a unionid that is none');
  return { openid, sessionKey, unionid };
}

/** Whether a field has no value, in whatever way it says so. */
function isNothing(value: unknown): boolean {
  if (typeof value === 'string') return isNothingWord(value);
  return value === undefined || value === null || value === false || value === 0;
}

function toAccessToken({
  access_token: accessToken,
  expires_in: expiresIn,
}: WechatFields): WechatAccessToken {
  // WeChat asks to keep room for 512 characters.
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{1,512}$/.test(accessToken)) {
    throw malformed('without an access_token');
  }
  if (typeof expiresIn !== 'number' || !(expiresIn > 0)) {
    throw malformed('without the life of the access_token');
  }
  return { accessToken, expiresIn };
}
