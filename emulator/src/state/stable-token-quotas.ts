import { Quota } from './quota.js';
import { WechatError } from '../wechat-api/wechat-errors.js';

const daySeconds = 86_400;

/**
 * The limits on calls for the stable token.
 * See "getStableAccessToken", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export class StableTokenQuotas {
  readonly #perMinute = new Quota(10_000, 60);
  readonly #perDay = new Quota(500_000, daySeconds);
  readonly #forcedPerDay = new Quota(20, daySeconds);
  readonly #forcedSpacing = new Quota(1, 30);

  /** Counts a call. Throws if a limit is reached. */
  countCall(appid: string, now: number): void {
    if (!this.#perDay.hasLeft(appid, now)) throw new WechatError(45009);
    if (!this.#perMinute.hasLeft(appid, now)) throw new WechatError(45011);
    this.#perDay.count(appid, now);
    this.#perMinute.count(appid, now);
  }

  mayForceRefresh(appid: string, now: number): boolean {
    return this.#forcedPerDay.hasLeft(appid, now) && this.#forcedSpacing.hasLeft(appid, now);
  }

  countForcedRefresh(appid: string, now: number): void {
    this.#forcedPerDay.count(appid, now);
    this.#forcedSpacing.count(appid, now);
  }

  clear(): void {
    for (const quota of [this.#perMinute, this.#perDay, this.#forcedPerDay, this.#forcedSpacing]) {
      quota.clear();
    }
  }
}
