import pg, { type PoolClient } from 'pg';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { setUpConnection, type TablePlace } from './connection-setup.js';

/** What lives in the database: listed as classes, since a pattern of files finds nothing under a test runner. */
export interface Schema {
  entities: (new () => object)[];
  migrations: (new () => MigrationInterface)[];
}

/** Milliseconds after which a statement, or the wait for a free connection, is given up. */
const queryTimeoutMs = 5_000;

/**
 * The name of the data source. An application on the library may have a default one of its own, which is another: it names
 * this one for its tables beside ours, as in `@InjectRepository(Note, weappAuthDataSource)`.
 */
export const weappAuthDataSource = 'weapp-auth';

/** A name of our own: TypeORM's default, `migrations`, may be somebody else's table in the same schema. */
export const migrationsTable = 'weapp_auth_migrations';

/** What says where the database is, and where in it the tables are. */
type DatabaseSettings = Pick<Settings, 'databaseUrl' | 'databasePoolSize' | 'databaseSchema'>;

/** The one set of options for the service and for the TypeORM command line. */
export function dataSourceOptions(
  schema: Schema,
  { databaseUrl, databasePoolSize, databaseSchema }: DatabaseSettings,
): DataSourceOptions {
  const place: TablePlace = { schema: databaseSchema };
  return {
    type: 'postgres',
    // The driver of this package: TypeORM would look for one beside itself.
    driver: pg,
    url: databaseUrl,
    applicationName: 'weapp-auth',
    ...schema,
    migrationsTableName: migrationsTable,
    synchronize: false,
    logging: false,
    // gen_random_uuid() is built in since Postgres 13. The one extension, pg_trgm, is a migration's business.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: databasePoolSize,
    connectTimeoutMS: queryTimeoutMs,
    // On the client's side, so that a server that has gone silent is noticed, and a pooler has nothing to forward.
    extra: {
      query_timeout: queryTimeoutMs,
      keepAlive: true,
      place,
      onConnect: (client: PoolClient) => setUpConnection(client, place),
    },
  };
}
