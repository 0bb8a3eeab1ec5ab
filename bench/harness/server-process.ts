import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../dev/ports.js';
import { pinTo } from './cores.js';
import { readCpuUs, readPeakMemoryMiB, readResidentMiB } from './proc.js';

/** What to run. */
export interface ServerProgram {
  /** The file that Node runs. */
  main: string;
  environment: Record<string, string>;
  /** The processor; undefined for any. */
  core: number | undefined;
  /** Its log goes there: a file takes it as fast as the pipe of a container does. */
  logFile: string;
  /** Options of Node. */
  nodeOptions?: string[];
  /** Where it listens. Default: a free port. */
  port?: number;
}

/** Milliseconds between two attempts to reach a server that starts. A refused connection costs it nothing. */
const readyPollMs = 5;
const startTimeoutMs = 120_000;

/** A server in a process of its own, which is ready for requests. */
export class ServerProcess {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly logFile: string,
    /** Milliseconds from its start until it was ready. */
    readonly startMs: number,
    /** Microseconds of CPU until then. */
    readonly startCpuUs: number | undefined,
  ) {}

  /** @throws if it ends, or is not ready in time: with what it wrote last */
  static async start({
    main,
    environment,
    core,
    logFile,
    nodeOptions = [],
    port: chosenPort,
  }: ServerProgram): Promise<ServerProcess> {
    const port = chosenPort ?? (await findFreePort());
    const url = `http://127.0.0.1:${port}`;
    const [program, ...rest] = pinTo(core, [process.execPath, ...nodeOptions, main]);
    const log = openSync(logFile, 'w');
    const began = performance.now();
    const child = spawn(program, rest, {
      env: { PATH: process.env['PATH'], ...environment, HOST: '127.0.0.1', PORT: String(port) },
      // A directory without a .env file.
      cwd: import.meta.dirname,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    while (!(await isReady(url))) {
      if (child.exitCode !== null || performance.now() - began > startTimeoutMs) {
        child.kill('SIGKILL');
        throw new Error(`A server does not start:\n${lastLines(logFile)}`);
      }
      await sleep(readyPollMs);
    }
    return new ServerProcess(url, child, logFile, performance.now() - began, readCpuUs(child.pid!));
  }

  /** Microseconds of CPU so far. */
  get cpuUs(): number | undefined {
    return readCpuUs(this.process.pid!);
  }

  /** The most memory so far, in MiB. */
  get peakMemoryMiB(): number | undefined {
    return readPeakMemoryMiB(this.process.pid!);
  }

  /** The memory that it has now, in MiB. */
  get residentMiB(): number | undefined {
    return readResidentMiB(this.process.pid!);
  }

  /** The end of its log. */
  get lastLog(): string {
    return lastLines(this.logFile);
  }

  /** @param signal SIGKILL: at once, whatever it is doing */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await once(this.process, 'exit');
  }
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(`${url}/health/ready`, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.once('error', () => resolve(false));
    sent.end();
  });
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').slice(-2_000);
}
