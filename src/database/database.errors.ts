import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { ServiceError } from '../errors/service.error.js';

/** Postgres is unreachable, starting, stopping, or has no connection left. The statement may or may not have run. */
export class DatabaseUnavailableError extends ServiceError {
  readonly code = 'database_unavailable';

  constructor(cause: unknown) {
    super('The database cannot be reached at the moment. Try again shortly.', { cause, retryAfter: 1 });
  }
}

/** As many wait for a connection on this node as may. */
export class DatabaseOverloadedError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many requests wait for the database on this node. Try again in a moment.', { retryAfter: 1 });
  }
}

/** The connection leads to a standby, which is behind the primary and accepts no writes. */
export class StandbyError extends Error {
  constructor() {
    super('DATABASE_URL leads to a standby');
  }
}

/** What should be a replica is none: it is the primary, or a former one, which may have gone another way. */
export class NoStandbyError extends Error {
  constructor() {
    super('DATABASE_REPLICA_URL leads to a server that is no standby. Point it at a streaming replica.');
  }
}

/** The standby belongs to another primary. */
export class OtherClusterError extends Error {
  constructor() {
    super(
      'DATABASE_REPLICA_URL leads to a standby of another server, or to another database, than DATABASE_URL. Correct one of them.',
    );
  }
}

/** The standby does not have in time what is committed on the primary. */
export class ReplicaBehindError extends Error {
  constructor(bytes: number) {
    super(`The replica is behind the primary by ${Math.ceil(bytes / 1_024)} KiB of WAL.`);
  }
}

/** The primary answers, but accepts no writes. */
export class ReadOnlyDatabaseError extends Error {
  constructor() {
    super(
      'Postgres takes no writes: default_transaction_read_only is on. Clouds set it if the disk is full: make room. If the database or the role presets it, take that back: ALTER DATABASE … RESET default_transaction_read_only; or ALTER ROLE … RESET default_transaction_read_only;',
    );
  }
}

/** DATABASE_NAMED_STATEMENTS is on, but a connection pooler does not keep named statements. */
export class NamedStatementsLostError extends Error {
  constructor() {
    super(
      'DATABASE_URL leads to a connection pooler in transaction mode, which loses named statements (SQLSTATE 26000 and 42P05). Set DATABASE_NAMED_STATEMENTS=false and start again; or have the pooler keep them (PgBouncer from 1.21 on: max_prepared_statements)',
    );
  }
}

/** SQLSTATEs for a statement name that Postgres does not know, or that another client has used. */
const lostNames: unknown[] = ['26000', '42P05'];

export function isNameLost(error: unknown): boolean {
  return lostNames.includes((error as { code?: unknown }).code);
}

/** This service cannot work with the database. The message says why, and what to do. */
export class UnsuitableDatabaseError extends Error {}

/** Errors of sockets and DNS, by Node's codes. */
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
 * SQLSTATEs for faults of the server, not of the statement: class 08 connection exception,
 * class 53 insufficient resources, class 57 operator intervention (but not 57014, a cancelled statement), and
 * 25006, a write to what has become a standby.
 * https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const serverFailure = /^(?:08...|53...|57P..|25006)$/;

/** Messages of node-postgres errors that have no code. */
const driverFailure =
  /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client was closed|Cannot use a pool after calling end)/;

/** PgBouncer's message for `options` in DATABASE_URL. Its class is 08, but trying again does not help. */
export const refusedStartupParameter = /unsupported startup parameter/;

/** Whether the database is unavailable. False if it has refused the statement. */
export function isDatabaseFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // TypeORM's message for a lost connection.
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  if (error instanceof QueryRunnerProviderAlreadyReleasedError) return true;
  if (error instanceof StandbyError) return true;
  if (error instanceof AggregateError) return error.errors.some((each) => isDatabaseFailure(each));
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (driverError !== undefined && driverError !== error) return isDatabaseFailure(driverError);
  if (refusedStartupParameter.test(error.message)) return false;
  if (typeof code === 'string') return socketFailures.has(code) || serverFailure.test(code);
  return driverFailure.test(error.message);
}

/** Whether the driver has stopped waiting for a statement. The server may still be at it. */
export function isGivenUp(error: unknown): boolean {
  const { message, driverError } = error as { message?: unknown; driverError?: unknown };
  if (driverError !== undefined && driverError !== error) return isGivenUp(driverError);
  return message === 'Query read timeout';
}
