import { Injectable, Logger } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { malformed, type WechatFields } from './wechat-response.js';
import { WechatAuthorizedApi } from './wechat-authorized-api.js';
import { toApiError, type WechatApiError } from './wechat-api.error.js';
import { LoginAgainError } from './wechat.errors.js';

/** `skipped`: the mini-program lacks the permission for the content check. */
export type TextVerdict = 'pass' | 'review' | 'risky' | 'skipped';

/** WeChat's number for texts in a profile. */
const profileScene = 1;
/** Milliseconds for which a missing permission is remembered. */
const skipMs = 6 * 3_600_000;

/** WeChat's content check for texts of users. */
@Injectable()
export class TextCheckClient {
  readonly #logger = new Logger(TextCheckClient.name);
  /** By appid: the time until which WeChat is not asked. */
  readonly #skippedUntil = new Map<string, number>();

  constructor(private readonly interfaces: WechatAuthorizedApi) {}

  /**
   * WeChat's verdict on a text of a user's profile.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/msgSecCheck.html
   *
   * @param openid the user, who must have used the mini-program within the last two hours
   * @param text 1 to 2,500 characters
   * @throws {LoginAgainError} if the last use was longer ago
   * @throws {WechatRateLimitedError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link TooManyWechatCallsError}
   */
  async checkText(app: WechatApp, { openid, text }: { openid: string; text: string }): Promise<TextVerdict> {
    if (performance.now() < (this.#skippedUntil.get(app.appid) ?? -Infinity)) return 'skipped';
    return this.interfaces.call<TextVerdict>(app, {
      purpose: 'verdict on a text',
      path: '/wxa/msg_sec_check',
      // WeChat passes whatever is escaped as \uXXXX, which JSON.stringify does to halves of characters.
      body: { version: 2, scene: profileScene, openid, content: text.toWellFormed() },
      secrets: [openid, text],
      callerText: text,
      parse: toVerdict,
      onError: (refusal) => this.verdictOf(refusal, app),
    });
  }

  private verdictOf(refusal: WechatApiError, { appid }: WechatApp): TextVerdict {
    switch (refusal.errcode) {
      case 48001:
      // "No permission"; also said of an openid of another app's, which we do not send.
      case 43104:
        this.#skippedUntil.set(appid, performance.now() + skipMs);
        this.#logger.warn(
          `${appid}: WeChat answered ${refusal.errcode}, the mini-program has no right to the content check. Texts go unchecked for six hours.`,
        );
        return 'skipped';
      case 61010:
        throw new LoginAgainError();
      // The code of the first version of the API.
      case 87014:
        return 'risky';
    }
    throw toApiError(refusal);
  }
}

function toVerdict({ result }: WechatFields): TextVerdict {
  const suggest =
    typeof result === 'object' && result !== null && 'suggest' in result ? result.suggest : undefined;
  if (typeof suggest !== 'string' || suggest === '') throw malformed('without a verdict on a text');
  // Any other suggestion of WeChat means that the text does not pass.
  return suggest === 'pass' || suggest === 'review' ? suggest : 'risky';
}
