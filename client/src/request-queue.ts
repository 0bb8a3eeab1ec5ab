/** WeChat's limit of concurrent requests. */
const maxConcurrentRequests = 10;

/** Runs at most ten requests at a time. The others wait in order. */
export class RequestQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param first runs the task before all that wait: a login or refresh that others wait for */
  async run<Result>(task: () => Promise<Result>, first = false): Promise<Result> {
    if (this.running < maxConcurrentRequests) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting[first ? 'unshift' : 'push'](resolve));
    try {
      return await task();
    } finally {
      // The next task takes this place directly. Otherwise, a new request could come in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
