import { headerOf } from './header.js';
import type { Answer } from './types.js';

/** The server's clock, as its last answer showed it: the phone's may be wrong by hours, and may be set meanwhile. */
export class Clock {
  /** Milliseconds that the server's clock is ahead of the phone's. */
  skew = 0;

  now(): number {
    return Date.now() + this.skew;
  }

  /** Answers out of a cache have the date of then. */
  learn(answer: Answer): void {
    const date = Date.parse(headerOf(answer, 'date'));
    if (date > 0 && !headerOf(answer, 'age')) this.skew = date - Date.now();
  }
}
