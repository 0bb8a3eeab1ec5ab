import type { ServiceError } from '../errors/service.error.js';

/** Milliseconds of a window. It begins with the first event that is counted. */
const windowMs = 60_000;

interface Window {
  count: number;
  /** By `performance.now()`. */
  endsAt: number;
}

/**
 * Limits how often something happens within a minute, for each key, on this node.
 *
 * Its methods are synchronous, so nothing else can happen between a check and a count.
 */
export class RateLimit {
  readonly #max: number;
  readonly #windows = new Map<string, Window>();

  /**
   * @param max events per minute; 0: no limit
   * @param LimitError the error at the limit; it gets the seconds until the window ends
   * @param onWindowEnd called when the count of a key starts again
   */
  constructor(
    max: number,
    private readonly LimitError: new (retryAfter: number) => ServiceError,
    private readonly onWindowEnd: (key: string) => void = () => {},
  ) {
    this.#max = max === 0 ? Infinity : max;
  }

  /** The number of events that are left for the key. */
  left(key: string): number {
    return this.#max - (this.#windows.get(key)?.count ?? 0);
  }

  /** The error if the limit is reached; otherwise undefined. */
  refusal(key: string): ServiceError | undefined {
    const window = this.#windows.get(key);
    if (window === undefined || window.count < this.#max) return undefined;
    return new this.LimitError(Math.max(1, Math.ceil((window.endsAt - performance.now()) / 1_000)));
  }

  /** @throws {ServiceError} if the limit is reached */
  assertWithin(key: string): void {
    const refusal = this.refusal(key);
    if (refusal !== undefined) throw refusal;
  }

  /** @returns a function that takes the event back; it has no effect after the window has ended */
  count(key: string): () => void {
    const window = this.#windows.get(key) ?? this.begin(key);
    window.count += 1;
    return () => (window.count -= 1);
  }

  /** Takes back one counted event. */
  refund(key: string): void {
    const window = this.#windows.get(key);
    if (window !== undefined && window.count > 0) window.count -= 1;
  }

  private begin(key: string): Window {
    const window = { count: 0, endsAt: performance.now() + windowMs };
    this.#windows.set(key, window);
    setTimeout(() => {
      this.#windows.delete(key);
      this.onWindowEnd(key);
    }, windowMs).unref();
    return window;
  }
}
