import { Injectable, Logger } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { isTokenRefusal, WechatAccessTokens } from './access-token.js';
import { reportTrouble } from './trouble-report.js';
import type { WechatFields } from './wechat-answer.js';
import { WechatCalls } from './wechat-calls.js';
import { WechatRefusal } from './wechat-refusal.js';
import { WechatRequests } from './wechat-requests.js';
import { WechatUnavailableError } from './wechat.errors.js';

/** A call of one of the interfaces for which WeChat wants an access_token. */
export interface InterfaceCall<Answer> {
  /** What it is for, as the log says it. */
  wanted: string;
  path: string;
  /** Sent by GET. */
  query?: Record<string, string>;
  /** Sent by POST, as JSON. */
  body?: Record<string, unknown>;
  /** What of it must not come back in WeChat's words. */
  secrets: string[];
  /** What it sends of a caller's choosing: see {@link WechatCall.callerText}. */
  callerText?: string;
  /** What it sends works once: see {@link WechatCall.once}. */
  once?: boolean;
  /**
   * Told before each request that it goes out, and afterwards where WeChat surely did not look at what it carried.
   */
  onSend?: (isSent: boolean) => void;
  /** Checks a yes. @throws {WechatUnavailableError} `malformed` */
  read: (answer: WechatFields) => Answer;
  /** What a no means: an answer as well, or an error that it throws. */
  refused: (refusal: WechatRefusal) => Answer;
}

/**
 * WeChat's interfaces behind the access_token. Waiting for a token counts towards a call's deadline, and takes no
 * turn of the calls under way.
 */
@Injectable()
export class WechatInterfaces {
  readonly #logger = new Logger(WechatInterfaces.name);

  constructor(
    private readonly tokens: WechatAccessTokens,
    private readonly calls: WechatCalls,
    private readonly requests: WechatRequests,
  ) {}

  /**
   * @throws {WechatMisconfiguredError} {@link WechatUnavailableError} {@link OverloadedError}, and what
   *   `call.refused` throws
   */
  async call<Answer>(app: WechatApp, call: InterfaceCall<Answer>): Promise<Answer> {
    try {
      const answer = await this.calls.within((signal) =>
        this.tokens.use(app, (accessToken) => this.callWith(accessToken, app, call, signal)),
      );
      return answer instanceof WechatRefusal ? call.refused(answer) : answer;
    } catch (error) {
      reportTrouble(this.#logger, app, call.wanted, error);
      throw error;
    }
  }

  private async callWith<Answer>(
    accessToken: string,
    { appid }: WechatApp,
    { path, query, body, secrets, callerText, once, onSend, read }: InterfaceCall<Answer>,
    outer: AbortSignal,
  ): Promise<Answer | WechatRefusal> {
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      url: path,
      params: new URLSearchParams({ access_token: accessToken, ...query }),
      data: body,
    };
    const attempt = async (signal: AbortSignal): Promise<Answer | WechatRefusal> => {
      onSend?.(true);
      const answer = await this.requests
        .ask({ ...request, signal }, [accessToken, ...secrets])
        .catch((error: unknown) => {
          if (error instanceof WechatUnavailableError && error.unsent) onSend?.(false);
          throw error;
        });
      if (isTokenRefusal(answer)) onSend?.(false);
      return answer instanceof WechatRefusal ? answer : read(answer);
    };
    return this.calls.make({ appid, path, callerText, once }, attempt, outer);
  }
}
