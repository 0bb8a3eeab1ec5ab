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

/**
 * Why there is no connection to be had, and where to look, for whoever starts the service or a command. Names the
 * address of the database, never its password.
 *
 * @returns undefined where the error is about something else
 */
export function explainConnectionFailure(error: unknown, databaseUrl: string): string | undefined {
  const { hostname, port, pathname, username } = new URL(databaseUrl);
  const address = `${hostname}:${port || '5432'}`;
  const user = decodeURIComponent(username) || 'this user';
  const { code } = error as { code?: unknown };
  switch (code) {
    case 'ECONNREFUSED':
      return `The database is away: nothing listens at ${address} (ECONNREFUSED). Start Postgres, or correct the address in DATABASE_URL.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The database is away: there is no machine named ${hostname} (${code}). Correct DATABASE_URL.`;
    case '28P01':
    case '28000':
      return `Postgres at ${address} does not let ${user} in (${code}). Correct user and password in DATABASE_URL.`;
    case '3D000':
      return `Postgres at ${address} has no database ${decodeURIComponent(pathname.slice(1))} (3D000). Create it, or correct DATABASE_URL.`;
    case '42501':
      return `Postgres at ${address} does not allow this to ${user} (42501). Make ${user} the owner of the database.`;
    case '53300':
      return `Postgres at ${address} has no connection left (53300). Raise max_connections, or lower DATABASE_POOL_SIZE.`;
  }
  if (!isDatabaseFailure(error)) return undefined;
  return `The database at ${address} is away${typeof code === 'string' ? ` (${code})` : ''}.`;
}
