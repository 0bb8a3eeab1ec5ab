const millisecondsPerSecond = 1000;

/** WeChat's request ids begin with the time in eight hexadecimal digits. This is the last second that fits: 2106-02-07. */
const lastSecond = 0xffff_ffff;

/** The emulator's clock: the machine's time plus an offset. It measures lifetimes, but not delays. */
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

  /** Maximum of seconds by which the clock can be moved forward. */
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
