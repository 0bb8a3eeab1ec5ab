/** An error as the log may hold it. */
export interface DescribedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: DescribedError;
}

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
    message: fromPostgres ? `Postgres refused a statement, SQLSTATE ${String(code)}` : origin.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: framesOf(error.stack) }),
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}

/** The stack without its first lines, which repeat the message. */
function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
