interface Window {
  startedAt: number;
  count: number;
}

/** A limit of calls per key in a window of time. The window begins with the first call. */
export class Quota {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly limit: number,
    private readonly windowSeconds: number,
  ) {}

  hasLeft(key: string, now: number): boolean {
    const window = this.current(key, now);
    return !window || window.count < this.limit;
  }

  count(key: string, now: number): void {
    const window = this.current(key, now);
    if (window) {
      window.count += 1;
    } else {
      this.#windows.set(key, { startedAt: now, count: 1 });
    }
  }

  clear(): void {
    this.#windows.clear();
  }

  private current(key: string, now: number): Window | undefined {
    const window = this.#windows.get(key);
    return window && now - window.startedAt < this.windowSeconds * 1000 ? window : undefined;
  }
}
