import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Settings } from '../config/settings.js';
import { networkOf } from '../validation/ip-address.js';
import { RefreshLimitError } from './auth.errors.js';

/** Seconds that a count goes on. */
const periodSeconds = 60;

/**
 * Counts the forged refresh tokens of an address, on this node. Beyond `RATE_LIMIT_LOGIN` a minute they are answered
 * `rate_limited`. Neither logins nor refreshes with a good token are refused for them: a forgery costs WeChat and the
 * database nothing, and many phones share one address.
 */
@Injectable()
export class ForgedRefreshLimiter {
  readonly #limit: number;
  readonly #forgeries = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: periodSeconds });

  constructor({ rateLimitLogin }: Settings) {
    this.#limit = rateLimitLogin;
  }

  /**
   * Counts one forgery.
   *
   * @throws {RefreshLimitError} if too many came from the address
   */
  async countForgery(ip: string): Promise<void> {
    if (this.#limit === 0) return;
    const { consumedPoints, msBeforeNext } = await this.#forgeries.consume(networkOf(ip));
    if (consumedPoints > this.#limit) {
      throw new RefreshLimitError(Math.max(1, Math.ceil(msBeforeNext / 1_000)));
    }
  }
}
