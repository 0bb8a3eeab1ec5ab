import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Settings } from '../config/settings.js';
import { networkOf } from '../http/client-address.js';
import { LoginLimitError } from './auth.errors.js';

/** Seconds that a count goes on. */
const period = 60;

/**
 * Counts the exchanges that failed for an address's own fault, on this node: guessing codes is pointless, but
 * each guess costs a call to WeChat. Beyond the limit everything from that address is refused until the minute
 * is over.
 */
@Injectable()
export class LoginLimit {
  readonly #limit: number;
  readonly #failures = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: period });

  constructor({ rateLimitLogin }: Settings) {
    this.#limit = rateLimitLogin;
  }

  /** @throws {LoginLimitError} where the address has failed too often */
  async check(ip: string): Promise<void> {
    if (this.#limit === 0) return;
    const failures = await this.#failures.get(networkOf(ip));
    if (failures !== null && failures.consumedPoints >= this.#limit) {
      throw new LoginLimitError(Math.max(1, Math.ceil(failures.msBeforeNext / 1_000)));
    }
  }

  /** Counts one failure. */
  async fail(ip: string): Promise<void> {
    if (this.#limit > 0) await this.#failures.consume(networkOf(ip));
  }

  /** Takes one back. */
  async forgive(ip: string): Promise<void> {
    if (this.#limit > 0) await this.#failures.reward(networkOf(ip));
  }
}
