import type { DataSource } from 'typeorm';
import { migrationsTable } from './data-source-options.js';
import { UnsuitableDatabaseError } from './database.errors.js';
import { listInCurrentSchema } from './missing-migrations.js';

/** Our first migration: a list that contains it is ours. */
const initialMigration = 'Initial1795219200000';

/** The tables in the schema of our tables. */
interface SchemaContent {
  schema: string;
  database: string;
  isOurs: boolean;
  /** Whether there is a readable table `migrations` with the columns that TypeORM creates. */
  hasOldTable: boolean;
  /** Tables that have the names of ours. */
  tables: string[];
}

/**
 * Earlier versions kept the list of executed migrations in TypeORM's default table, `migrations`. If it contains ours, they
 * are copied to a table of our own. The old table does not change: nodes of an earlier version may still read it, and it
 * may belong to another application.
 *
 * Call it while the lock of the migrations is held.
 *
 * @throws {UnsuitableDatabaseError} if the schema has tables of another application with our names
 */
export async function takeOverMigrations(dataSource: DataSource): Promise<void> {
  const names = dataSource.migrations.map(({ name }) => name!);
  const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
  const [content] = await dataSource.query<SchemaContent[]>(
    `SELECT
       current_schema() AS schema,
       current_database() AS database,
       to_regclass(${listInCurrentSchema}) IS NOT NULL AS "isOurs",
       (
         SELECT count(*) = 2 FROM pg_attribute
         WHERE attrelid = to_regclass(quote_ident(current_schema()) || '.migrations')
           AND attname IN ('timestamp', 'name')
           AND has_table_privilege(attrelid, 'SELECT')
       ) AS "hasOldTable",
       ARRAY(
         SELECT tablename::text FROM pg_tables
         WHERE schemaname = current_schema() AND tablename = ANY ($1) ORDER BY 1
       ) AS tables`,
    [tables],
  );
  const { schema, database, isOurs, hasOldTable, tables: taken } = content!;
  if (isOurs) return;
  if (hasOldTable && (await isListed(dataSource, schema))) {
    await copyList(dataSource, schema, names);
  } else if (taken.length > 0) {
    throw new UnsuitableDatabaseError(
      `The schema ${schema} of the database ${database} has tables of another application with the names of ours: ${taken.join(', ')}. Give weapp-auth a schema of its own: DATABASE_SCHEMA=weapp`,
    );
  }
}

async function isListed(dataSource: DataSource, schema: string): Promise<boolean> {
  const rows = await dataSource.query<object[]>(`SELECT FROM ${tableIn(schema)} WHERE name::text = $1`, [
    initialMigration,
  ]);
  return rows.length > 0;
}

/** Creates the table and its rows in one transaction: a table without the rows would run every migration again. */
async function copyList(dataSource: DataSource, schema: string, names: string[]): Promise<void> {
  await dataSource.transaction(async (manager) => {
    // As TypeORM creates it.
    await manager.query(`
      CREATE TABLE ${migrationsTable} (
        id serial NOT NULL PRIMARY KEY, timestamp bigint NOT NULL, name character varying NOT NULL
      )`);
    await manager.query(
      `INSERT INTO ${migrationsTable} (timestamp, name)
       SELECT timestamp, name FROM ${tableIn(schema)} WHERE name::text = ANY ($1) ORDER BY id`,
      [names],
    );
  });
}

function tableIn(schema: string): string {
  return `"${schema.replaceAll('"', '""')}".migrations`;
}
