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
  /** How many attempts of a person are under way, and the last of them: all run at once would be counted too late. */
  readonly #lines = new Map<string, { length: number; last: Promise<void> }>();
  readonly #failures = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: period });

  /**
   * Runs `work` after what the same person has sent before, and counts where the data did not open.
   *
   * @throws {OpenDataLimitError} without running it, where that was too often
   */
  async count<Result>(userId: string, work: () => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(userId) ?? { length: 0, last: Promise.resolve() };
    if (line.length >= mostWaiting) throw new OpenDataLimitError(1);
    this.#lines.set(userId, line);
    const attempt = line.last.then(() => this.attempt(userId, work));
    line.length += 1;
    line.last = attempt.then(
      () => {},
      () => {},
    );
    try {
      return await attempt;
    } finally {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(userId);
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
