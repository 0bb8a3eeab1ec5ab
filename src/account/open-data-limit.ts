import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { SessionKeyStaleError } from '../wechat/wechat.errors.js';
import { OpenDataLimitError } from './account.errors.js';

/** Failures a person may have within a period, and its seconds. */
const mostFailures = 10;
const period = 60;
/** Attempts of one person that wait for their turn. */
const mostWaiting = 50;

/** Bounds how often a person may send data that does not open: whoever forges some needs many attempts. */
@Injectable()
export class OpenDataLimit {
  /** The attempt of each person that is under way last: all sent at once would be counted too late. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, number>();
  readonly #failures = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: period });

  /**
   * Runs `work` after what the same person has sent before, and counts where the data did not open.
   *
   * @throws {OpenDataLimitError} without running it, where that was too often
   */
  async count<Result>(userId: string, work: () => Promise<Result>): Promise<Result> {
    const waiting = this.#waiting.get(userId) ?? 0;
    if (waiting >= mostWaiting) throw new OpenDataLimitError(1);
    this.#waiting.set(userId, waiting + 1);
    const attempt = (this.#last.get(userId) ?? Promise.resolve()).then(() => this.attempt(userId, work));
    const settled = attempt.then(
      () => {},
      () => {},
    );
    this.#last.set(userId, settled);
    try {
      return await attempt;
    } finally {
      if (this.#last.get(userId) === settled) this.#last.delete(userId);
      const left = this.#waiting.get(userId)! - 1;
      if (left === 0) this.#waiting.delete(userId);
      else this.#waiting.set(userId, left);
    }
  }

  private async attempt<Result>(userId: string, work: () => Promise<Result>): Promise<Result> {
    const failures = await this.#failures.get(userId);
    if (failures !== null && failures.consumedPoints >= mostFailures) {
      throw new OpenDataLimitError(Math.max(1, Math.ceil(failures.msBeforeNext / 1_000)));
    }
    try {
      return await work();
    } catch (error) {
      if (error instanceof SessionKeyStaleError) await this.#failures.consume(userId);
      throw error;
    }
  }
}
