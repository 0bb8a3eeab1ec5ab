import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** Milliseconds of an outage that count at most: a database that fails now and then for days is not one outage. */
const maxOutageMs = 3_600_000;

/** A time in which this node could not refresh sessions, by `performance.now()`. */
interface Outage {
  beganAt: number;
  endedAt: number;
}

/**
 * The seconds in which a superseded refresh token still works: `REFRESH_GRACE`, plus an outage that has just ended. During
 * the outage, a phone that lost the response of its refresh can do nothing but repeat it. It gets the whole grace after
 * the outage, and then the grace is `REFRESH_GRACE` again.
 */
@Injectable()
export class RefreshGrace {
  readonly #settingMs: number;
  #outage: Outage | undefined;

  constructor({ refreshGrace }: Settings) {
    this.#settingMs = refreshGrace * 1_000;
  }

  /**
   * Tells of a time in which the database did not answer this node. It belongs to the same outage as the last one if less
   * than the grace is between them: a phone that repeats its refresh met both.
   */
  addOutage(beganAt: number, endedAt = performance.now()): void {
    const last = this.#outage;
    const continues = last !== undefined && beganAt - last.endedAt < this.#settingMs;
    const first = continues ? Math.min(last.beganAt, beganAt) : beganAt;
    this.#outage = { beganAt: Math.max(first, endedAt - maxOutageMs), endedAt };
  }

  /** Whole seconds, at present. */
  inSeconds(now = performance.now()): number {
    const isExtended = this.#outage !== undefined && now - this.#outage.endedAt < this.#settingMs;
    const outageMs = isExtended ? now - this.#outage!.beganAt : 0;
    return Math.ceil((this.#settingMs + outageMs) / 1_000);
  }
}
