import { Logger } from '@nestjs/common';
import type { ErrorCode } from '../errors/error-codes.js';

/** Milliseconds for which refusals are counted before the log tells of them. */
const intervalMs = 10_000;

/**
 * Tells the log of requests that were refused for overload: one line for each reason, with their number. They are hundreds a
 * second, and must cost little.
 */
class OverloadLog {
  readonly #logger = new Logger('Overload');
  /** Refusals that the log has not told of yet, by reason. */
  readonly #refused = new Map<string, number>();

  count(reason: string): void {
    if (this.#refused.size === 0) setTimeout(() => this.write(), intervalMs).unref();
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  private write(): void {
    const code = 'overloaded' satisfies ErrorCode;
    for (const [reason, refused] of this.#refused) this.#logger.warn({ code, refused, reason });
    this.#refused.clear();
  }
}

/** That of the process: Nest makes a filter for each module that uses it. */
export const overloadLog = new OverloadLog();
