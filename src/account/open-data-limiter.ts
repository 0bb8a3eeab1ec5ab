import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { SessionKeyStaleError } from '../wechat/wechat.errors.js';
import { OpenDataLimitError } from './account.errors.js';

/** Failures a user may have within a period, and its seconds. */
const maxFailures = 10;
const windowSeconds = 60;

/** Bounds how often a user may send data that does not open: whoever forges some needs many attempts. */
@Injectable()
export class OpenDataLimiter {
  /** The last attempt of each person: all made at once would be counted too late. */
  readonly #lines = new Map<string, Promise<void>>();
  readonly #failures = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: windowSeconds });

  /**
   * Runs `open` after what the same person has sent before, and counts where the data did not open. It waits for
   * nothing: of many attempts each would wait for all before it.
   *
   * @throws {OpenDataLimitError} without running it, where that was too often
   */
  async count<Result>(userId: string, open: () => Result): Promise<Result> {
    const attempt = (this.#lines.get(userId) ?? Promise.resolve()).then(() => this.attempt(userId, open));
    const last = attempt.then(
      () => {},
      () => {},
    );
    this.#lines.set(userId, last);
    try {
      return await attempt;
    } finally {
      if (this.#lines.get(userId) === last) this.#lines.delete(userId);
    }
  }

  private async attempt<Result>(userId: string, open: () => Result): Promise<Result> {
    const failures = await this.#failures.get(userId);
    if (failures !== null && failures.consumedPoints >= maxFailures) {
      throw new OpenDataLimitError(Math.max(1, Math.ceil(failures.msBeforeNext / 1_000)));
    }
    try {
      return open();
    } catch (error) {
      if (error instanceof SessionKeyStaleError) await this.#failures.consume(userId);
      throw error;
    }
  }
}
