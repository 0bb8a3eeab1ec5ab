import { withTimeout } from '../src/limits/with-timeout.js';
import { isRunByNpm } from './environment.js';
import { watchAncestors } from './ancestors.js';
import { describeError } from './describe-error.js';

/** Something that runs until it is stopped. */
export interface Part {
  stop(): Promise<void>;
  /** Ends it at once, when it is asked for a second time. */
  kill?(): Promise<void>;
}

/** Milliseconds that a start which is under way gets to come to an end. */
const startTimeoutMs = 5_000;
/** Milliseconds that one part gets to stop. */
const stopTimeoutMs = 15_000;
/** npm passes on a Ctrl-C that the terminal has sent to all of us: within this time it is the same one. */
const echoOfNpm = 1_000;

/**
 * The life of `npm start`: starts the parts one after the other, and stops them in the opposite order on Ctrl-C,
 * SIGTERM or SIGHUP, when npm goes away, or when one of them fails. Then the process ends.
 */
export class Launch {
  private readonly parts: Part[] = [];
  private readonly stopping = new AbortController();
  private stoppedAt = 0;
  private exitCode = 0;

  /** Aborted when it is time to stop. */
  readonly signal = this.stopping.signal;

  private constructor() {}

  /** Runs until it is told to stop. Never returns. */
  static async run(start: (launch: Launch) => Promise<void>): Promise<never> {
    const launch = new Launch();
    const told = new Promise((resolve) => launch.signal.addEventListener('abort', resolve, { once: true }));
    launch.listen();
    const started = launch.signal.aborted ? Promise.resolve() : launch.begin(start);
    await told;
    await withTimeout(startTimeoutMs, started);
    await launch.stopParts();
    process.exit(launch.exitCode);
  }

  /** Hands over a part that runs now; parts are stopped in the opposite order. */
  add(part: Part): void {
    this.parts.push(part);
    this.signal.throwIfAborted();
  }

  /** Says what went wrong, and stops everything. */
  fail(error: unknown): void {
    // What fails while everything ends is no news.
    if (this.signal.aborted) return;
    process.stderr.write(`${describeError(error)}\n`);
    this.exitCode = 1;
    this.stopping.abort();
  }

  private async begin(start: (launch: Launch) => Promise<void>): Promise<void> {
    try {
      await start(this);
    } catch (error) {
      this.fail(error);
    }
  }

  private listen(): void {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => this.hear());
    watchAncestors(() => this.stop());
    process.on('uncaughtException', (error) => this.fail(error));
    // A terminal or a pipe that has gone must not keep us from stopping in order.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  }

  private hear(): void {
    const isFirst = !this.signal.aborted;
    const isEcho = isRunByNpm() && performance.now() - this.stoppedAt < echoOfNpm;
    if (isFirst) this.stop();
    else if (!isEcho) void this.killParts();
  }

  private stop(): void {
    if (this.signal.aborted) return;
    process.stdout.write('\nStopping…\n');
    this.stoppedAt = performance.now();
    this.stopping.abort();
  }

  private async stopParts(): Promise<void> {
    for (const part of this.parts.toReversed()) {
      try {
        await withTimeout(stopTimeoutMs, part.stop());
      } catch (error) {
        process.stderr.write(`${describeError(error)}\n`);
        this.exitCode = 1;
      }
    }
  }

  private async killParts(): Promise<void> {
    await Promise.allSettled(this.parts.map(async (part) => part.kill?.()));
    process.exit(1);
  }
}
