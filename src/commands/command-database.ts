import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { dataSourceOptions } from '../database/data-source-options.js';
import { Database } from '../database/database.js';
import { DatabaseUnavailableError, NamedStatementsLostError } from '../database/database.errors.js';
import { explainConnectionFailure } from '../database/explain-connection-failure.js';
import { describeError } from '../errors/describe-error.js';
import { schema } from '../schema.js';
import { CommandError } from './command.js';

/** Milliseconds for one statement. Nobody waits at a phone for a command, and an import writes thousands of rows. */
const queryTimeoutMs = 120_000;

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
  const database = new Database(dataSource, settings);
  try {
    if (settings.databaseNamedStatements && (await database.sharesConnections())) {
      throw new CommandError(`${new NamedStatementsLostError().message}.`);
    }
    const missing = await database.missingMigrations();
    if (missing.length > 0) {
      throw new CommandError(
        `The database is not up to date: ${missing.join(', ')} has not run. Start the service of this version once, it migrates.`,
      );
    }
    return await work(database);
  } catch (error) {
    throw error instanceof DatabaseUnavailableError
      ? new CommandError(openingTrouble(error.cause, settings.databaseUrl))
      : error;
  } finally {
    await database.onApplicationShutdown();
    await dataSource.destroy();
  }
}

/** @throws {CommandError} where there is no connection to be had */
export async function openDataSource(settings: Settings): Promise<DataSource> {
  const { databaseUrl } = settings;
  const options = dataSourceOptions(schema, { ...settings, databasePoolSize: 2 });
  const dataSource = new DataSource({
    ...options,
    extra: { ...options.extra, query_timeout: queryTimeoutMs },
    // A connection that is lost is met again by whatever wants to use it.
    poolErrorHandler: () => {},
  } as DataSourceOptions);
  try {
    return await dataSource.initialize();
  } catch (error) {
    throw new CommandError(openingTrouble(error, databaseUrl));
  }
}

/** Why the database cannot be used, and what to do. */
export function openingTrouble(error: unknown, databaseUrl: string): string {
  return (
    explainConnectionFailure(error, databaseUrl) ??
    `The database cannot be used: ${describeError(error).message}.`
  );
}
