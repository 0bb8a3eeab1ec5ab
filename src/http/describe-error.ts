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
  if (!(error instanceof Error))
    return { type: typeof error, message: 'Something was thrown that is no Error.' };
  const { code, driverError, cause } = error as Error & { code?: unknown; driverError?: unknown };
  const fromDatabase = driverError !== undefined || 'severity' in error;
  const sqlState = (driverError as { code?: unknown } | undefined)?.code ?? code;
  return {
    type: error.constructor.name,
    message: fromDatabase ? `Postgres refused a statement, SQLSTATE ${String(sqlState)}` : error.message,
    ...(typeof sqlState === 'string' && { code: sqlState }),
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
