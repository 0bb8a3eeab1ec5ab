import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import { describeError } from '../errors/describe-error.js';
import { tracing } from '../tracing/tracing.js';
import { traceIdsOf } from './request-span.js';

/** Where Nest tells of each module and route at every start: of use to nobody but Nest's own developers. */
const chatter = new Set(['InstanceLoader', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/**
 * The log: JSON lines on standard output, those of Nest and of every `Logger` in this service. Errors are reduced to what is
 * safe to keep, wherever they occur.
 *
 * Lines are collected, since a write costs more than all else about a line: until there are 16 KB, for 200 ms at most, and
 * until a `Logger` writes. So only the lines of requests wait. The end of the process writes what is there; a process
 * that is killed (SIGKILL) loses its last 200 ms.
 */
export class JsonLogger implements LoggerService {
  readonly #destination = new LineBuffer();
  /** Fastify's, with one line per request. */
  readonly lines: Logger;

  constructor({ logLevel: level, tracing: traces }: Pick<Settings, 'logLevel' | 'tracing'>) {
    this.lines = pino(
      {
        level,
        base: undefined,
        timestamp: timeMember,
        formatters: { level: (label) => ({ level: label }) },
        // Fastify's own lines.
        serializers: { err: describeError },
        ...(traces !== undefined && { mixin: () => traceIdsOf(tracing.tracer?.currentRequest()) }),
      },
      this.#destination,
    );
    process.once('exit', () => this.#destination.flush());
  }

  log(message: unknown, ...details: unknown[]): void {
    this.write(chatter.has(String(details.at(-1))) ? 'debug' : 'info', message, details);
  }

  warn(message: unknown, ...details: unknown[]): void {
    this.write('warn', message, details);
  }

  error(message: unknown, ...details: unknown[]): void {
    // Why the service did not start is told by whoever started it.
    if (details.at(-1) === 'ExceptionHandler') return;
    this.write('error', message, details);
  }

  fatal(message: unknown, ...details: unknown[]): void {
    this.write('fatal', message, details);
  }

  debug(message: unknown, ...details: unknown[]): void {
    this.write('debug', message, details);
  }

  verbose(message: unknown, ...details: unknown[]): void {
    this.write('trace', message, details);
  }

  /** Nest passes the context as the last detail; between message and context may stand a stack or an error. */
  private write(
    level: 'info' | 'warn' | 'error' | 'fatal' | 'debug' | 'trace',
    message: unknown,
    details: unknown[],
  ): void {
    const context = details.at(-1);
    const bindings = typeof context === 'string' ? { context } : {};
    if (message instanceof Error) this.lines[level]({ ...bindings, error: describeError(message) });
    else if (typeof message === 'string') this.lines[level](bindings, message);
    else this.lines[level]({ ...bindings, ...(message as object) });
    this.#destination.flush();
  }
}

/** Characters of lines that are collected, and milliseconds for which they are. */
const maxCollected = 16_384;
const flushIntervalMs = 200;

/**
 * Collects lines for standard output. The destination of pino could do so, but would count the bytes of all lines that it has whenever
 * one comes.
 */
class LineBuffer {
  readonly #destination = pino.destination({ sync: true });
  #lines = '';

  constructor() {
    setInterval(() => this.flush(), flushIntervalMs).unref();
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= maxCollected) this.flush();
  }

  flush(): void {
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    this.#destination.write(lines);
  }
}

let lastTime = 0;
let lastTimeMember = '';

/** The time as pino adds it to a line. Many lines are of one millisecond. */
function timeMember(): string {
  const now = Date.now();
  if (now !== lastTime) {
    lastTime = now;
    lastTimeMember = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTimeMember;
}
