import { HttpService } from '@nestjs/axios';
import { Injectable, Logger } from '@nestjs/common';
import { type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios';
import { firstValueFrom } from 'rxjs';
import type { WechatApp } from '../config/settings.js';
import { isIdentifier } from './identifier.js';
import { malformed, readAnswer, type WechatFields } from './wechat-answer.js';
import { WechatCalls } from './wechat-calls.js';
import { codeExchangeError, refusalError, WechatRefusal } from './wechat-refusal.js';
import { WechatMisconfiguredError, WechatUnavailableError } from './wechat.errors.js';

/** What a login code stands for. */
export interface WechatSession {
  /** The person in this mini-program. */
  openid: string;
  /** Base64 of 16 bytes; opens the person's encrypted data. Must never leave the server. */
  sessionKey: string;
  /** The person across all apps of one Open Platform account; absent where the app is bound to none. */
  unionid?: string;
}

/** The mini-program's own key to WeChat's interfaces. */
export interface WechatAccessToken {
  accessToken: string;
  /** Seconds from now. */
  expiresIn: number;
}

type Request = AxiosRequestConfig & { signal: AbortSignal };

/** Failures of a connection that are worth a second attempt: refused, reset, closed by the other side. */
const connectionLost = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** WeChat's server, as this service needs it. WeChat's own names and numbers end here. */
@Injectable()
export class WechatClient {
  readonly #logger = new Logger(WechatClient.name);

  constructor(
    private readonly http: HttpService,
    private readonly calls: WechatCalls,
  ) {}

  /**
   * Exchanges the code of wx.login. A code works once, for five minutes.
   * https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session.html
   *
   * @throws {CodeInvalidError} {@link CodeUsedError} {@link WechatRateLimitedError}
   *   {@link UserBlockedByWechatError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link OverloadedError}
   */
  async code2Session(app: WechatApp, code: string): Promise<WechatSession> {
    const query = { appid: app.appid, secret: app.secret, js_code: code, grant_type: 'authorization_code' };
    let attempts = 0;
    try {
      const result = await this.calls.make(app.appid, async (signal) => {
        attempts += 1;
        // Through `URLSearchParams`, which escapes whatever a caller sends as a code.
        const params = new URLSearchParams(query);
        const answer = await this.ask({ url: '/sns/jscode2session', params, signal }, [app.secret, code]);
        return answer instanceof WechatRefusal ? answer : toSession(answer);
      });
      if (!(result instanceof WechatRefusal)) return result;
      // An earlier attempt reached WeChat after all, and its answer was lost: no fault of the caller's.
      if (result.errcode === 40163 && attempts > 1) throw new WechatUnavailableError('answer_lost');
      throw codeExchangeError(result);
    } catch (error) {
      this.report(app, 'session', error);
      throw error;
    }
  }

  /**
   * The access_token that WeChat gives to all who ask, until shortly before its end.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
   *
   * @throws {WechatMisconfiguredError} {@link WechatUnavailableError} {@link OverloadedError}
   */
  async getStableAccessToken(app: WechatApp): Promise<WechatAccessToken> {
    const data = {
      grant_type: 'client_credential',
      appid: app.appid,
      secret: app.secret,
      force_refresh: false,
    };
    try {
      const result = await this.calls.make(app.appid, async (signal) => {
        const answer = await this.ask({ method: 'POST', url: '/cgi-bin/stable_token', data, signal }, [
          app.secret,
        ]);
        return answer instanceof WechatRefusal ? answer : toAccessToken(answer);
      });
      if (result instanceof WechatRefusal) throw refusalError(result);
      return result;
    } catch (error) {
      this.report(app, 'access token', error);
      throw error;
    }
  }

  /**
   * What time it is at WeChat, to the second.
   *
   * @throws {WechatUnavailableError} {@link OverloadedError}
   */
  async time(app: WechatApp): Promise<Date> {
    return this.calls.make(app.appid, async (signal) => {
      const { headers } = await this.send({ url: '/', signal });
      const time = new Date(String(headers['date']));
      if (Number.isNaN(time.getTime())) throw malformed('without a date');
      return time;
    });
  }

  /** @param secrets what of the request must not come back in WeChat's words */
  private async ask(request: Request, secrets: string[]): Promise<WechatFields | WechatRefusal> {
    const { status, data } = await this.send(request);
    const answer = readAnswer(status, data);
    return answer instanceof WechatRefusal ? answer.without(secrets) : answer;
  }

  /** One request. */
  private async send(request: Request): Promise<AxiosResponse<string>> {
    try {
      return await firstValueFrom(this.http.request<string>(request));
    } catch (error) {
      // An axios error holds the whole request, the secret and the code among it: none of it goes on from here.
      if (isAxiosError(error)) throw transportFailure(error.code ?? 'unknown', request.signal);
      throw error;
    }
  }

  /** Tells the operator what a caller is not told. */
  private report(app: WechatApp, wanted: string, error: unknown): void {
    if (error instanceof WechatMisconfiguredError) {
      this.#logger.error(`${app.appid}: ${(error.cause as Error).message}`);
    } else if (error instanceof WechatUnavailableError && error.failure !== 'breaker_open') {
      const detail = error.cause instanceof Error ? `: ${error.cause.message}` : '';
      this.#logger.warn(`${app.appid}: no ${wanted} from WeChat, ${error.failure}${detail}`);
    }
  }
}

function transportFailure(code: string, signal: AbortSignal): WechatUnavailableError {
  if (signal.aborted) return new WechatUnavailableError('timed_out');
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return malformed('too long');
  const cause = new Error(`connection failed with ${code}`);
  return new WechatUnavailableError(connectionLost.has(code) ? 'disconnected' : 'unreachable', { cause });
}

/** WeChat's fields in our names; all of them are checked, since a proxy may answer in WeChat's place. */
function toSession({ openid, session_key: sessionKey, unionid }: WechatFields): WechatSession {
  if (!isIdentifier(openid)) throw malformed('without an openid');
  if (typeof sessionKey !== 'string' || !/^[A-Za-z0-9+/]{22}==$/.test(sessionKey)) {
    throw malformed('without a session_key of 16 bytes');
  }
  if (unionid === undefined || unionid === null || unionid === '') return { openid, sessionKey };
  if (!isIdentifier(unionid)) throw malformed('with a unionid that is none');
  return { openid, sessionKey, unionid };
}

function toAccessToken({
  access_token: accessToken,
  expires_in: expiresIn,
}: WechatFields): WechatAccessToken {
  // WeChat asks to keep room for 512 characters.
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{1,512}$/.test(accessToken)) {
    throw malformed('without an access_token');
  }
  if (typeof expiresIn !== 'number' || !(expiresIn > 0))
    throw malformed('without the life of the access_token');
  return { accessToken, expiresIn };
}
