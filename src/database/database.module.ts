import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions, type Schema, weappAuthDataSource } from './data-source-options.js';
import { DatabaseClock } from './database-clock.js';
import { Database } from './database.js';
import { DatabaseUnavailableError, isDatabaseFailure } from './database.errors.js';
import { explainConnectionFailure } from './explain-connection-failure.js';
import { migrate } from './migrate.js';

/** Milliseconds for one statement of a command. Nobody waits at a phone for it, and an import writes thousands of rows. */
const commandTimeoutMs = 120_000;

/** Connects to Postgres. */
@Global()
@Module({ providers: [Database, DatabaseClock], exports: [Database, DatabaseClock] })
export class DatabaseModule {
  /** For a node: brings the schema up to date first. */
  static register(schema: Schema): DynamicModule {
    const logger = new Logger(DatabaseModule.name);
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          name: weappAuthDataSource,
          useFactory: (settings: Settings) => ({
            ...dataSourceOptions(schema, settings),
            poolErrorHandler: () => logger.warn('An idle connection to Postgres was lost.'),
            // A database that is still starting is worth waiting for; a wrong password is not.
            retryAttempts: 30,
            retryDelay: 1_000,
            toRetry: (error: unknown) => {
              const retry = isDatabaseFailure(error);
              if (retry) logger.warn(explainConnectionFailure(error, settings.databaseUrl));
              return retry;
            },
          }),
          inject: [Settings],
          dataSourceFactory: async (options) => {
            await migrate(options!);
            return new DataSource(options!).initialize();
          },
        }),
      ],
    };
  }

  /** For a command: takes the schema as it is, and the database as it is. */
  static registerForCommand(schema: Schema): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          name: weappAuthDataSource,
          useFactory: (settings: Settings) => {
            const options = dataSourceOptions(schema, { ...settings, databasePoolSize: 2 });
            return {
              ...options,
              // A command that gives up while it starts does not wait for the connections that it has.
              extra: { ...options.extra, query_timeout: commandTimeoutMs, allowExitOnIdle: true },
              // A connection that is lost is met again by whatever wants to use it.
              poolErrorHandler: () => {},
              toRetry: () => false,
            };
          },
          inject: [Settings],
          dataSourceFactory: async (options) => connectOnce(options!),
        }),
      ],
    };
  }
}

/** @throws {DatabaseUnavailableError} */
async function connectOnce(options: DataSourceOptions): Promise<DataSource> {
  try {
    return await new DataSource(options).initialize();
  } catch (error) {
    throw new DatabaseUnavailableError(error);
  }
}
