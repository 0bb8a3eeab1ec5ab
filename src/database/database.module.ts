import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions, type Schema, weappAuthDataSource } from './data-source-options.js';
import { DatabaseClock } from './database-clock.js';
import { Database } from './database.js';
import { isDatabaseFailure } from './database.errors.js';
import { explainConnectionFailure } from './explain-connection-failure.js';
import { migrate } from './migrate.js';

/** Connects to Postgres, after bringing its schema up to date. */
@Global()
@Module({ providers: [Database, DatabaseClock], exports: [Database, DatabaseClock] })
export class DatabaseModule {
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
}
