import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Settings } from '../config/settings.js';
import { networkOf } from '../http/client-address.js';
import { RefreshLimitError } from './auth.errors.js';

/** Seconds that a count goes on. */
const periodSeconds = 60;

/**
 * Counts the forged refresh tokens of an address, on this node. At `RATE_LIMIT_LOGIN` a minute, refreshes from there
 * are refused until the minute is over. Logins are not: a forgery costs WeChat and the database nothing.
 */
@Injectable()
export class RefreshLimit {
  readonly #limit: number;
  readonly #forgeries = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: periodSeconds });

  constructor({ rateLimitLogin }: Settings) {
    this.#limit = rateLimitLogin;
  }

  /** @throws {RefreshLimitError} if too many forgeries came from the address */
  async check(ip: string): Promise<void> {
    if (this.#limit === 0) return;
    const forgeries = await this.#forgeries.get(networkOf(ip));
    if (forgeries !== null && forgeries.consumedPoints >= this.#limit) {
      throw new RefreshLimitError(Math.max(1, Math.ceil(forgeries.msBeforeNext / 1_000)));
    }
  }

  /** Counts one forgery. */
  async count(ip: string): Promise<void> {
    if (this.#limit > 0) await this.#forgeries.consume(networkOf(ip));
  }
}
