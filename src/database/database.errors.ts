import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { ServiceError } from '../errors/service.error.js';

/** Postgres is away, starting, stopping, or has no connection left. What was asked may or may not be done. */
export class DatabaseUnavailableError extends ServiceError {
  readonly code = 'database_unavailable';

  constructor(cause: unknown) {
    super('The database cannot be reached at the moment. Try again shortly.', { cause, retryAfter: 1 });
  }
}

/** Failures of the socket or of the name look-up, as Node names them. */
const socketFailures = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * SQLSTATEs that say that the server, and not the statement, is at fault: class 08 connection exception,
 * class 53 insufficient resources, class 57 operator intervention (but not 57014, a cancelled statement), and
 * 25006, a write to what has become a standby.
 * https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const serverFailure = /^(?:08...|53...|57P..|25006)$/;

/** What node-postgres throws without a code of its own. */
const driverFailure =
  /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client was closed|Cannot use a pool after calling end)/;

/** Whether the database is away, as opposed to having refused the statement. */
export function isDatabaseFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // What TypeORM says of a connection that has been lost under it.
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  if (error instanceof QueryRunnerProviderAlreadyReleasedError) return true;
  if (error instanceof AggregateError) return error.errors.some((each) => isDatabaseFailure(each));
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (driverError !== undefined && driverError !== error) return isDatabaseFailure(driverError);
  if (typeof code === 'string') return socketFailures.has(code) || serverFailure.test(code);
  return driverFailure.test(error.message);
}

/** Why there is no connection to be had, in words for whoever starts the service; undefined for anything else. */
export function explainConnectionFailure(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  switch (code) {
    case '28P01':
    case '28000':
      return 'Postgres does not accept the user and password of DATABASE_URL.';
    case '3D000':
      return 'Postgres has no database of the name in DATABASE_URL: create it, the service fills it.';
    case '42501':
      return 'The user of DATABASE_URL may not create tables: make it the owner of its database.';
  }
  if (!isDatabaseFailure(error)) return undefined;
  return `Postgres cannot be reached at the address in DATABASE_URL${typeof code === 'string' ? ` (${code})` : ''}.`;
}
