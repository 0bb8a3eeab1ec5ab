/** Refusals in one turn of the event loop: together they cost about as much as one login. */
const maxPerTurn = 16;

/**
 * Paces refusals. Whoever is refused may come again at once. A thousand such connections would get a thousand refusals in
 * each turn of the event loop, and accepted requests, which make a step per turn, would wait for all of them. So each turn
 * has a few refusals only. An event loop with nothing else to do has thousands of turns a second.
 */
export class RefusalPace {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when a refusal has its turn: the longest wait first. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(() => this.release());
    });
  }

  private release(): void {
    for (const resolve of this.#waiting.splice(0, maxPerTurn)) resolve();
    if (this.#waiting.length > 0) setImmediate(() => this.release());
  }
}
