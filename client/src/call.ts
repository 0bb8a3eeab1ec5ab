import { AuthError } from './auth-error.js';
import type { RequestQueue } from './request-queue.js';
import type { RequestOptions, Task } from './types.js';

/** One call of a page. The page can abort it, and its time-out includes the time that it waits. */
export class Call {
  private readonly startedAt = Date.now();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private task: Task | undefined;
  /** Set if nobody waits for the call any more. */
  private end: AuthError | undefined;
  private readonly aborted: Promise<never>;
  private readonly timedOut: Promise<never>;
  private rejectAborted!: (error: AuthError) => void;

  /**
   * @param api the function of `wx`, for error texts
   * @param options without `timeout`, only WeChat's time-out of each attempt counts
   */
  constructor(
    private readonly api: string,
    private readonly options: Pick<RequestOptions, 'timeout' | 'onTask'>,
  ) {
    this.aborted = new Promise((_, reject) => (this.rejectAborted = reject));
    this.timedOut = new Promise((_, reject) => {
      const expire = () => reject((this.end = new AuthError('network', `${api}:fail timeout`)));
      this.timer = options.timeout ? setTimeout(expire, options.timeout) : undefined;
    });
    // Nobody may be waiting when they reject.
    this.aborted.catch(() => undefined);
    this.timedOut.catch(() => undefined);
  }

  /** What remains of the time-out, for the next attempt. */
  get timeLeft(): number | undefined {
    const { timeout } = this.options;
    return timeout && Math.min(timeout, Math.max(1, timeout - (Date.now() - this.startedAt)));
  }

  abort(): void {
    this.end = new AuthError('aborted', `${this.api}:fail abort`);
    this.rejectAborted(this.end);
    if (this.task) this.task.abort();
  }

  /** Takes the task of an attempt that begins. */
  follow(task: Task): void {
    this.task = task;
    if (this.options.onTask) this.options.onTask(task);
  }

  /** Waits, unless the page aborts the call or its time is over. */
  wait<Result>(result: Promise<Result>): Promise<Result> {
    return Promise.race([this.aborted, this.timedOut, result]);
  }

  /** Runs an attempt when its turn comes. While the attempt runs, its own time-out counts. */
  async inTurn<Result>(queue: RequestQueue, attempt: () => Promise<Result>): Promise<Result> {
    let begin!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const result = queue.run(async () => {
      if (this.end) throw this.end;
      begin();
      return Promise.race([this.aborted, attempt()]);
    });
    result.catch(() => undefined);
    await this.wait(begun);
    return result;
  }

  close(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.task = undefined;
  }
}
