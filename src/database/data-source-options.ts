import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import { setUpConnection } from './connection-setup.js';

/** What lives in the database: listed as classes, since a pattern of files finds nothing under a test runner. */
export interface Schema {
  entities: (new () => object)[];
  migrations: (new () => MigrationInterface)[];
}

/** Milliseconds after which a statement, or the wait for a free connection, is given up. */
const queryTimeoutMs = 5_000;

/** The one set of options for the service and for the TypeORM command line. */
export function dataSourceOptions(
  schema: Schema,
  { databaseUrl, databasePoolSize }: { databaseUrl: string; databasePoolSize: number },
): DataSourceOptions {
  return {
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'weapp-auth',
    ...schema,
    synchronize: false,
    logging: false,
    // gen_random_uuid() is built in since Postgres 13. The one extension, pg_trgm, is a migration's business.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: databasePoolSize,
    connectTimeoutMS: queryTimeoutMs,
    // On the client's side, so that a server that has gone silent is noticed, and a pooler has nothing to forward.
    extra: { query_timeout: queryTimeoutMs, keepAlive: true, onConnect: setUpConnection },
  };
}
