import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { dataSourceOptions } from '../database/data-source-options.js';
import { Database } from '../database/database.js';
import { DatabaseUnavailableError } from '../database/database.errors.js';
import { schema } from '../schema.js';
import { CommandError } from './command.js';

/** Milliseconds for one statement. Nobody waits at a phone for a command, and an import writes thousands of rows. */
const patience = 120_000;

/**
 * Runs `work` on the database, whose schema must be the one that this version knows: a command never migrates,
 * since another version of the service may be running.
 *
 * @throws {CommandError} where the database cannot be used, and what to do
 */
export async function withDatabase<Result>(
  settings: Settings,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const dataSource = await openDataSource(settings);
  try {
    const database = new Database(dataSource, settings);
    const missing = await database.missingMigrations();
    if (missing.length > 0) {
      throw new CommandError(
        `The database is not up to date: ${missing.join(', ')} has not run. Start the service of this version once, it migrates.`,
      );
    }
    return await work(database);
  } catch (error) {
    throw error instanceof DatabaseUnavailableError
      ? new CommandError(databaseTrouble(error.cause, settings))
      : error;
  } finally {
    await dataSource.destroy();
  }
}

/** @throws {CommandError} where there is no connection to be had */
export async function openDataSource(settings: Settings): Promise<DataSource> {
  const { databaseUrl } = settings;
  const dataSource = new DataSource({
    ...dataSourceOptions(schema, { databaseUrl, databasePoolSize: 2 }),
    extra: { query_timeout: patience, keepAlive: true },
    // A connection that is lost is met again by whatever wants to use it.
    poolErrorHandler: () => {},
  } as DataSourceOptions);
  try {
    return await dataSource.initialize();
  } catch (error) {
    throw new CommandError(databaseTrouble(error, settings));
  }
}

/** What is wrong with the database, in words, and where to look. Names its address, never its password. */
function databaseTrouble(error: unknown, { databaseUrl }: Settings): string {
  const { hostname, port, pathname, username } = new URL(databaseUrl);
  const address = `${hostname}:${port || '5432'}`;
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case 'ECONNREFUSED':
      return `The database is away: nothing listens at ${address} (ECONNREFUSED). Start Postgres, or correct the address in DATABASE_URL.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The database is away: there is no machine named ${hostname} (${code}). Correct DATABASE_URL.`;
    case '28P01':
    case '28000':
      return `Postgres at ${address} lets ${decodeURIComponent(username) || 'this user'} not in (${code}). Correct user and password in DATABASE_URL.`;
    case '3D000':
      return `Postgres at ${address} has no database ${decodeURIComponent(pathname.slice(1))} (3D000). Create it, or correct DATABASE_URL.`;
    case '42501':
      return `Postgres at ${address} does not allow this to ${decodeURIComponent(username) || 'this user'} (42501). Use the user of the service in DATABASE_URL.`;
    case '53300':
      return `Postgres at ${address} has no connection left (53300). Raise max_connections, or lower DATABASE_POOL_SIZE.`;
    case undefined:
      return `The database at ${address} is away: ${message}.`;
    default:
      return `The database at ${address} cannot be used (${code}).`;
  }
}
