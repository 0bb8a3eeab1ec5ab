import { Injectable } from '@nestjs/common';
import { RateLimit } from '../limits/rate-limit.js';
import { ScanLimitError, ScanNotFoundError } from './scan.errors.js';

/** Unknown codes of one user per minute, on this node. */
const maxMisses = 10;

/** Keeps users from guessing the user codes of others. */
@Injectable()
export class ScanGuessLimiter {
  readonly #misses = new RateLimit(maxMisses, ScanLimitError);

  /**
   * Runs what looks for a scan. It counts from its beginning, so that concurrent guesses cannot exceed the limit.
   *
   * @throws {ScanLimitError} without running it, if too many codes of the user were unknown
   */
  async run<Result>(userId: string, look: () => Promise<Result>): Promise<Result> {
    this.#misses.assertWithin(userId);
    const takeBack = this.#misses.count(userId);
    let isMiss = false;
    try {
      return await look();
    } catch (error) {
      isMiss = error instanceof ScanNotFoundError;
      throw error;
    } finally {
      if (!isMiss) takeBack();
    }
  }
}
