import { Logger } from '@nestjs/common';

/** Milliseconds between two lines about the reason: different reasons may take turns four times a second. */
const intervalMs = 1_000;

/**
 * Tells the log of polls that fail: when it begins, when the reason changes (at most once a second), and how long it took.
 */
export class PollLog {
  #outage: { beganAt: number; reason: string; toldAt: number } | undefined;

  /** @param consequence what the failure means for requests, as a sentence */
  constructor(
    private readonly logger: Logger,
    private readonly consequence: string,
  ) {}

  failed(reason: string): void {
    const now = performance.now();
    if (this.#outage === undefined) {
      this.logger.warn(`This node cannot learn what is revoked. ${this.consequence} ${reason}`);
      this.#outage = { beganAt: now, reason, toldAt: now };
    } else if (reason !== this.#outage.reason && now - this.#outage.toldAt >= intervalMs) {
      this.logger.warn(`This node still cannot learn what is revoked. The reason is now: ${reason}`);
      this.#outage = { ...this.#outage, reason, toldAt: now };
    }
  }

  succeeded(): void {
    if (this.#outage === undefined) return;
    const seconds = (performance.now() - this.#outage.beganAt) / 1_000;
    this.logger.log(`This node knows again what is revoked, after ${seconds.toFixed(1)} s.`);
    this.#outage = undefined;
  }
}
