import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Environment } from '../src/config/environment.js';
import type { Part } from './launch.js';

const stopTimeoutMs = 10_000;

/** The service in a process of its own, so that it can be started anew with what was just compiled. */
export class ServiceProcess implements Part {
  private child: ChildProcess | undefined;
  private isStopped = false;

  constructor(private readonly environment: Environment) {}

  /** Stops the service if it runs, and starts it; false if it ended before it was up. */
  async restart(): Promise<boolean> {
    await this.end();
    if (this.isStopped) return false;
    const child = fork(join(import.meta.dirname, 'service.ts'), {
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: { ...this.environment },
    });
    this.child = child;
    const outcome = new AbortController();
    const { signal } = outcome;
    const ended = once(child, 'exit', { signal }).then(() => false);
    const ready = once(child, 'message', { signal }).then(() => true);
    const isUp = await Promise.race([ended, ready]);
    outcome.abort();
    await Promise.allSettled([ended, ready]);
    if (isUp) child.once('exit', () => this.tellThatItEnded(child));
    else this.tellThatItEnded(child);
    return isUp;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.end();
  }

  async kill(): Promise<void> {
    this.isStopped = true;
    this.child?.kill('SIGKILL');
  }

  private async end(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    child.disconnect();
    await ended;
    clearTimeout(timer);
  }

  private tellThatItEnded(child: ChildProcess): void {
    const isMeant = this.child !== child;
    if (isMeant) return;
    process.stderr.write('The service has ended. It starts again with the next change.\n');
  }
}
