/** WeChat takes ten requests at a time. */
const most = 10;

/** Where requests wait for their turn. */
export class RequestLine {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param first before all that wait: a login that others wait for */
  async run<Result>(task: () => Promise<Result>, first = false): Promise<Result> {
    if (this.running < most) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting[first ? 'unshift' : 'push'](resolve));
    try {
      return await task();
    } finally {
      // The place is handed on rather than given back: nobody can come in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
