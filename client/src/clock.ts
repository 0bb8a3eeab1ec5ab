import { readHeader } from './response-header.js';
import type { Answer } from './types.js';

/** The server's time, as its last response showed it. The phone's clock may be wrong by hours, and can be set at any time. */
export class Clock {
  /** Milliseconds that the server's clock is ahead of the phone's. */
  skew = 0;

  now(): number {
    return Date.now() + this.skew;
  }

  /** Reads the time from a response, unless it comes from a cache. */
  synchronize(answer: Answer): void {
    const date = Date.parse(readHeader(answer, 'date'));
    if (date > 0 && !readHeader(answer, 'age')) this.skew = date - Date.now();
  }
}
