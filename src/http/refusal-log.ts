import { Logger } from '@nestjs/common';
import type { ErrorCode } from '../errors/error-codes.js';

/**
 * Tells the log of requests that were refused with the same error code: one line for each reason, with their number. They
 * are hundreds a second, and must cost little.
 */
class RefusalLog {
  readonly #logger: Logger;
  /** Refusals that the log has not told of yet, by reason. */
  readonly #refused = new Map<string, number>();

  /** @param intervalMs milliseconds for which refusals are counted before the log tells of them */
  constructor(
    context: string,
    private readonly code: ErrorCode,
    private readonly intervalMs: number,
  ) {
    this.#logger = new Logger(context);
  }

  count(reason: string): void {
    if (this.#refused.size === 0) setTimeout(() => this.write(), this.intervalMs).unref();
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  private write(): void {
    const { code } = this;
    for (const [reason, refused] of this.#refused) this.#logger.warn({ code, refused, reason });
    this.#refused.clear();
  }
}

/** The refusals for overload, which the metrics show, too. Their reasons are few, and known beforehand. */
class OverloadLog extends RefusalLog {
  /** All refusals, by reason. */
  readonly totals = new Map<string, number>();

  constructor() {
    super('Overload', 'overloaded', 10_000);
  }

  override count(reason: string): void {
    super.count(reason);
    this.totals.set(reason, (this.totals.get(reason) ?? 0) + 1);
  }
}

// Those of the process: Nest makes a filter for each module that uses it.
export const overloadLog = new OverloadLog();
export const outageLog = new RefusalLog('Outage', 'database_unavailable', 1_000);
