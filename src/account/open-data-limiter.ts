import { Injectable } from '@nestjs/common';
import { RateLimit } from '../limits/rate-limit.js';
import { SessionKeyStaleError } from '../wechat/wechat.errors.js';
import { OpenDataLimitError } from './account.errors.js';

/** Failures that a user may have within a minute. */
const maxFailures = 10;

/** Limits how often a user may send data that cannot be decrypted: forging data takes many attempts. */
@Injectable()
export class OpenDataLimiter {
  readonly #failures = new RateLimit(maxFailures, OpenDataLimitError);

  /**
   * Runs `open`, and counts if the data does not open. `open` waits for nothing: so many attempts at once are counted one
   * after the other.
   *
   * @throws {OpenDataLimitError} without running it, if that was too often
   */
  run<Result>(userId: string, open: () => Result): Result {
    this.#failures.assertWithin(userId);
    try {
      return open();
    } catch (error) {
      if (error instanceof SessionKeyStaleError) this.#failures.count(userId);
      throw error;
    }
  }
}
