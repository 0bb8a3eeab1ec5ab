import { Logger } from '@nestjs/common';

/** Milliseconds between two lines about the reason: different reasons may take turns four times a second. */
const intervalMs = 1_000;

/** What the log says of an outage. */
export interface OutageWords {
  /** What does not work, and what that means, as sentences. The reason follows. */
  began: string;
  /** That it still does not work, as a sentence. The reason follows. */
  goesOn: string;
  /** That it works again. Its duration ends the sentence. */
  ended: string;
}

/**
 * Tells the log of attempts that fail: when it begins, when the reason changes (at most once a second), and how long it took.
 */
export class OutageLog {
  #outage: { beganAt: number; reason: string; toldAt: number } | undefined;

  constructor(
    private readonly logger: Logger,
    private readonly words: OutageWords,
  ) {}

  failed(reason: string): void {
    const now = performance.now();
    if (this.#outage === undefined) {
      this.logger.warn(`${this.words.began} ${reason}`);
      this.#outage = { beganAt: now, reason, toldAt: now };
    } else if (reason !== this.#outage.reason && now - this.#outage.toldAt >= intervalMs) {
      this.logger.warn(`${this.words.goesOn} The reason is now: ${reason}`);
      this.#outage = { ...this.#outage, reason, toldAt: now };
    }
  }

  succeeded(): void {
    if (this.#outage === undefined) return;
    const seconds = (performance.now() - this.#outage.beganAt) / 1_000;
    this.logger.log(`${this.words.ended}, after ${seconds.toFixed(1)} s.`);
    this.#outage = undefined;
  }
}
