import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RateLimit } from '../limits/rate-limit.js';
import { networkOf } from '../validation/ip-address.js';
import { RefreshLimitError } from './auth.errors.js';

/**
 * Counts the forged refresh tokens of an address, on this node. Beyond `RATE_LIMIT_LOGIN` a minute they are answered
 * `rate_limited`. Neither logins nor refreshes with a good token are refused for them: a forgery costs WeChat and the
 * database nothing, and many phones share one address.
 */
@Injectable()
export class ForgedRefreshLimiter {
  readonly #forgeries: RateLimit;

  constructor({ rateLimitLogin }: Settings) {
    this.#forgeries = new RateLimit(rateLimitLogin, RefreshLimitError);
  }

  /**
   * Counts one forgery.
   *
   * @throws {RefreshLimitError} if too many came from the address
   */
  countForgery(ip: string): void {
    const network = networkOf(ip);
    this.#forgeries.assertWithin(network);
    this.#forgeries.count(network);
  }
}
