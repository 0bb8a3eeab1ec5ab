import { Injectable, Logger } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { isTokenError, WechatAccessTokensService } from './wechat-access-tokens.service.js';
import { logFailure } from './log-failure.js';
import type { WechatFields } from './wechat-response.js';
import { WechatResilience } from './wechat-resilience.js';
import { WechatApiError } from './wechat-api.error.js';
import { WechatHttpClient } from './wechat-http.client.js';
import { WechatUnavailableError } from './wechat.errors.js';

/** A call of one of the interfaces for which WeChat wants an access_token. */
export interface AuthorizedCall<Answer> {
  /** What it is for, as the log says it. */
  purpose: string;
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
  isNonIdempotent?: boolean;
  /**
   * Told before each request that it goes out, and afterwards where WeChat surely did not look at what it carried.
   */
  onSend?: (isSent: boolean) => void;
  /** Takes a yes that is an image; left out if the interface answers with none. */
  parseImage?: (image: Buffer) => Answer;
  /** Checks a yes. @throws {WechatUnavailableError} `malformed` */
  parse: (answer: WechatFields) => Answer;
  /** What a no means: an answer as well, or an error that it throws. */
  onError: (refusal: WechatApiError) => Answer;
}

/**
 * WeChat's interfaces behind the access_token. Waiting for a token counts towards a call's deadline, and takes no
 * turn of the calls under way.
 */
@Injectable()
export class WechatAuthorizedApi {
  readonly #logger = new Logger(WechatAuthorizedApi.name);

  constructor(
    private readonly tokens: WechatAccessTokensService,
    private readonly calls: WechatResilience,
    private readonly requests: WechatHttpClient,
  ) {}

  /**
   * @throws {WechatMisconfiguredError} {@link WechatUnavailableError} {@link TooManyWechatCallsError}, and what
   *   `call.refused` throws
   */
  async call<Answer>(app: WechatApp, call: AuthorizedCall<Answer>): Promise<Answer> {
    try {
      const answer = await this.calls.withTimeout((signal) =>
        this.tokens.use(app, (accessToken) => this.callWith(accessToken, app, call, signal)),
      );
      return answer instanceof WechatApiError ? call.onError(answer) : answer;
    } catch (error) {
      logFailure(this.#logger, app, call.purpose, error);
      throw error;
    }
  }

  private async callWith<Answer>(
    accessToken: string,
    { appid }: WechatApp,
    {
      path,
      query,
      body,
      secrets,
      callerText,
      isNonIdempotent,
      onSend,
      parseImage,
      parse,
    }: AuthorizedCall<Answer>,
    outer: AbortSignal,
  ): Promise<Answer | WechatApiError> {
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      url: path,
      params: new URLSearchParams({ access_token: accessToken, ...query }),
      data: body,
    };
    const attempt = async (signal: AbortSignal): Promise<Answer | WechatApiError> => {
      onSend?.(true);
      const hidden = [accessToken, ...secrets];
      const asked =
        parseImage === undefined
          ? this.requests.ask({ ...request, signal }, hidden)
          : this.requests.askForImage({ ...request, signal }, hidden);
      const answer = await asked.catch((error: unknown) => {
        if (error instanceof WechatUnavailableError && error.unsent) onSend?.(false);
        throw error;
      });
      if (Buffer.isBuffer(answer)) return parseImage!(answer);
      if (isTokenError(answer)) onSend?.(false);
      return answer instanceof WechatApiError ? answer : parse(answer);
    };
    return this.calls.make({ appid, path, callerText, isNonIdempotent }, attempt, outer);
  }
}
