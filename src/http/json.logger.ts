import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { describeError } from '../errors/describe-error.js';

/** Logs JSON lines to standard output. Errors are reduced to what is safe to keep, wherever they occur. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    // Fastify's own lines.
    serializers: { err: describeError },
  });
}

/** Where Nest tells of each module and route at every start: of use to nobody but Nest's own developers. */
const chatter = new Set(['InstanceLoader', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** Nest's own logging, and that of every `Logger` in this service, through pino. */
export class JsonLogger implements LoggerService {
  constructor(private readonly lines: Logger) {}

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
  }
}
