import type { ServiceError } from '../errors/service.error.js';

/** Milliseconds of a window, which begins with the first thing that is counted in it. */
const windowMs = 60_000;

interface Window {
  count: number;
  /** By `performance.now()`. */
  endsAt: number;
}

/**
 * How often something may happen within a minute, for each key, on this node.
 *
 * It answers at once and not by a promise: between the question and the count, nothing else can happen.
 */
export class RateLimit {
  readonly #max: number;
  readonly #windows = new Map<string, Window>();

  /**
   * @param max so often; 0: without limit
   * @param LimitError what to refuse with, made of the seconds until the window ends
   * @param onWindowEnd is told when the count of a key begins anew
   */
  constructor(
    max: number,
    private readonly LimitError: new (retryAfter: number) => ServiceError,
    private readonly onWindowEnd: (key: string) => void = () => {},
  ) {
    this.#max = max === 0 ? Infinity : max;
  }

  /** How often it may still happen. */
  left(key: string): number {
    return this.#max - (this.#windows.get(key)?.count ?? 0);
  }

  /** What to refuse with if the limit is reached; undefined if it is not. */
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

  /** @returns what takes it back; without effect once the window has ended */
  count(key: string): () => void {
    const window = this.#windows.get(key) ?? this.begin(key);
    window.count += 1;
    return () => (window.count -= 1);
  }

  /** Takes back one of what is counted at present. */
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
