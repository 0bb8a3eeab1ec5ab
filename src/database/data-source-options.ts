import pg, { type PoolClient } from 'pg';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { setUpConnection, type TablePlace } from './connection-setup.js';

/** The entities and migrations, as classes: a pattern of file names finds nothing in a test runner. */
export interface Schema {
  entities: (new () => object)[];
  migrations: (new () => MigrationInterface)[];
}

/** Milliseconds after which a statement, or the wait for a free connection, is given up. */
const queryTimeoutMs = 5_000;

/**
 * The name of the data source. An application that uses the library may have its own default data source. For its tables
 * beside ours, it gives this name, as in `@InjectRepository(Note, weappAuthDataSource)`.
 */
export const weappAuthDataSource = 'weapp-auth';

/** Our own name: TypeORM's default, `migrations`, may be a table of another application in the same schema. */
export const migrationsTable = 'weapp_auth_migrations';

/** The settings for the URL of the database and the schema of the tables. */
type DatabaseSettings = Pick<Settings, 'databaseUrl' | 'databasePoolSize' | 'databaseSchema'>;

/** Connections of a process to the replica: two searches, and what else an admin reads. */
const replicaPoolSize = 4;

/** Milliseconds after which the replica is given up. The primary answers then; a search takes up to two seconds. */
const replicaTimeoutMs = 3_000;

/** The one set of options for the service and for the TypeORM command line. */
export function dataSourceOptions(
  schema: Schema,
  { databaseUrl, databasePoolSize, databaseSchema }: DatabaseSettings,
): DataSourceOptions {
  const place: TablePlace = { schema: databaseSchema };
  return {
    type: 'postgres',
    // The driver of this package. TypeORM would otherwise search for one beside itself.
    driver: pg,
    url: databaseUrl,
    applicationName: 'weapp-auth',
    ...schema,
    migrationsTableName: migrationsTable,
    synchronize: false,
    logging: false,
    // gen_random_uuid() is built in since Postgres 13. A migration installs the only extension, pg_trgm.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: databasePoolSize,
    connectTimeoutMS: queryTimeoutMs,
    // On the side of the client: it also notices a server that no longer answers, and a pooler has nothing to forward.
    extra: {
      query_timeout: queryTimeoutMs,
      keepAlive: true,
      place,
      onConnect: (client: PoolClient) => setUpConnection(client, place),
    },
  };
}

/** The options of the read-only data source: a standby, which takes no writes. */
export function replicaOptions(
  schema: Schema,
  { databaseReplicaUrl, databaseSchema }: Pick<Settings, 'databaseReplicaUrl' | 'databaseSchema'>,
): DataSourceOptions {
  const place: TablePlace = { schema: databaseSchema, isReplica: true };
  const options = dataSourceOptions(schema, {
    databaseUrl: databaseReplicaUrl!,
    databasePoolSize: replicaPoolSize,
    databaseSchema,
  });
  return {
    ...options,
    connectTimeoutMS: replicaTimeoutMs,
    // The next statement on a lost connection fails, and reports it.
    poolErrorHandler: () => {},
    extra: {
      ...options.extra,
      query_timeout: replicaTimeoutMs,
      allowExitOnIdle: true,
      place,
      onConnect: (client: PoolClient) => setUpConnection(client, place),
    },
  } as DataSourceOptions;
}
