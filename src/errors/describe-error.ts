/** An error as the log may hold it. */
export interface DescribedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: DescribedError;
}

/**
 * SQLSTATEs whose messages are about the server or a pooler, and never quote a value: class 08 connection exception, class 53
 * insufficient resources, class 57 operator intervention, and 25006, a write to a standby.
 * https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const aboutServer = /^(?:08|53|57|25006$)/;

/**
 * Picks from an error what is safe to log, and nothing else: errors of axios and of the database carry requests,
 * parameters and rows in members of their own, and Postgres quotes values in its messages.
 */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: 'Something was thrown that is no Error.' };
  }
  const { driverError, cause } = error as Error & { driverError?: unknown };
  const origin = driverError instanceof Error ? driverError : error;
  const { code } = origin as { code?: unknown };
  // `severity` is Postgres's own word; without it the driver speaks, of sockets and time-outs.
  const fromPostgres = 'severity' in origin;
  return {
    type: error.constructor.name,
    message: fromPostgres ? refusalOf(origin, String(code)) : origin.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: framesOf(error.stack) }),
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}

function refusalOf({ message }: Error, code: string): string {
  const refusal = `Postgres refused a statement, SQLSTATE ${code}`;
  return aboutServer.test(code) ? `${refusal}: ${message}` : refusal;
}

/** The stack without its first lines, which repeat the message. */
function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
