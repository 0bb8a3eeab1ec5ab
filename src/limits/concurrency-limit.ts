import { bulkhead, type BulkheadPolicy, BulkheadRejectedError } from 'cockatiel';
import type { ServiceError } from '../errors/service.error.js';
import { keepRequest } from '../tracing/tracing.js';

/** Limits how much work of one kind runs at once on this node, and how much waits. */
export class ConcurrencyLimit {
  readonly #bulkhead: BulkheadPolicy;

  /** @param TooManyError the error if the queue is full */
  constructor(
    { maxConcurrent, maxQueued }: { maxConcurrent: number; maxQueued: number },
    private readonly TooManyError: new () => ServiceError,
  ) {
    this.#bulkhead = bulkhead(maxConcurrent, maxQueued);
  }

  /** @throws {ServiceError} without running `work`, if the queue is full */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#bulkhead.execute(keepRequest(work));
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new this.TooManyError() : error;
    }
  }
}
