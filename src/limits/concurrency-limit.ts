import { bulkhead, type BulkheadPolicy, BulkheadRejectedError } from 'cockatiel';
import type { ServiceError } from '../errors/service.error.js';

/** How much work of a kind is done at once on this node, and how much waits for its turn. */
export class ConcurrencyLimit {
  readonly #bulkhead: BulkheadPolicy;

  /** @param TooManyError what to refuse with if as much as may waits already */
  constructor(
    { maxConcurrent, maxQueued }: { maxConcurrent: number; maxQueued: number },
    private readonly TooManyError: new () => ServiceError,
  ) {
    this.#bulkhead = bulkhead(maxConcurrent, maxQueued);
  }

  /** @throws {ServiceError} without running `work`, if there is too much of it */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#bulkhead.execute(work);
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new this.TooManyError() : error;
    }
  }
}
