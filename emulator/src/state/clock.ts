const millisecondsPerSecond = 1000;

/** The last second that fits the eight hexadecimal digits with which WeChat's request ids begin: 2106-02-07. */
const lastSecond = 0xffff_ffff;

/** The emulator's time: the machine's, plus what was added by hand. Lifetimes are measured on it; delays are not. */
export class Clock {
  #offset = 0;

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /** Whole seconds since 1970. */
  nowInSeconds(): number {
    return Math.floor(this.now() / millisecondsPerSecond);
  }

  offsetSeconds(): number {
    return this.#offset / millisecondsPerSecond;
  }

  /** Seconds by which the clock can still be moved forward. */
  secondsLeft(): number {
    return lastSecond - this.nowInSeconds();
  }

  advance(seconds: number): void {
    this.#offset += Math.round(seconds * millisecondsPerSecond);
  }

  reset(): void {
    this.#offset = 0;
  }
}
