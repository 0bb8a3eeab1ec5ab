import { type DynamicModule, type FactoryProvider, Global, Logger, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions, type Schema, weappAuthDataSource } from './data-source-options.js';
import { DatabaseClock } from './database-clock.js';
import { DatabaseReplica } from './database-replica.js';
import { Database } from './database.js';
import { DatabaseUnavailableError, isDatabaseFailure } from './database.errors.js';
import { explainConnectionFailure } from './explain-connection-failure.js';
import { migrate } from './migrate.js';

/** Milliseconds for one statement of a command. No phone waits for it, and an import writes thousands of rows. */
const commandTimeoutMs = 120_000;

/** Connects to Postgres. */
@Global()
@Module({ providers: [Database, DatabaseClock], exports: [Database, DatabaseClock] })
export class DatabaseModule {
  /** For a node: runs the migrations first. */
  static register(schema: Schema): DynamicModule {
    const logger = new Logger(DatabaseModule.name);
    return {
      module: DatabaseModule,
      providers: [provideReplica(schema)],
      exports: [DatabaseReplica],
      imports: [
        TypeOrmModule.forRootAsync({
          name: weappAuthDataSource,
          useFactory: (settings: Settings) => ({
            ...dataSourceOptions(schema, settings),
            poolErrorHandler: () => logger.warn('An idle connection to Postgres was lost.'),
            // Waits for a database that is still starting, but not if the password is wrong.
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

  /** For a command: runs no migration, and waits for nothing. */
  static registerForCommand(schema: Schema): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [provideReplica(schema)],
      exports: [DatabaseReplica],
      imports: [
        TypeOrmModule.forRootAsync({
          name: weappAuthDataSource,
          useFactory: (settings: Settings) => {
            const options = dataSourceOptions(schema, { ...settings, databasePoolSize: 2 });
            return {
              ...options,
              // A command that fails at its start does not wait for its connections.
              extra: { ...options.extra, query_timeout: commandTimeoutMs, allowExitOnIdle: true },
              // The next statement on a lost connection fails, and reports it.
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

function provideReplica(schema: Schema): FactoryProvider<DatabaseReplica> {
  return {
    provide: DatabaseReplica,
    useFactory: (database: Database, settings: Settings) => new DatabaseReplica(database, schema, settings),
    inject: [Database, Settings],
  };
}

/** @throws {DatabaseUnavailableError} */
async function connectOnce(options: DataSourceOptions): Promise<DataSource> {
  try {
    return await new DataSource(options).initialize();
  } catch (error) {
    throw new DatabaseUnavailableError(error);
  }
}
