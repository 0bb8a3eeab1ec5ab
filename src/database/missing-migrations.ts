import type { DataSource } from 'typeorm';
import { migrationsTable } from './data-source-options.js';

/** Runs a statement that has no parameters. */
type Query = <Row extends object>(statement: { name: string; text: string }) => Promise<Row[]>;

/** SQL: the list of migrations in the schema in which tables are made, and in no other on the search path. */
export const listInCurrentSchema = `quote_ident(current_schema()) || '.${migrationsTable}'`;

/** SQL: the list of migrations in whichever schema of the search path has one. */
export const listOnSearchPath = `'${migrationsTable}'`;

/**
 * The migrations of this version that have not run on the database, the oldest first.
 *
 * @param list SQL: the name of the table with the list
 */
export async function findMissingMigrations(
  { migrations }: DataSource,
  query: Query,
  list: string,
): Promise<string[]> {
  const names = migrations.map(({ name }) => name!);
  const [table] = await query<{ exists: boolean }>({
    name: 'migrations-table-3',
    text: `SELECT to_regclass(${list}) IS NOT NULL AS exists`,
  });
  if (!table!.exists) return names;
  const executed = await query<{ name: string }>({
    name: 'migrations-2',
    text: `SELECT name FROM ${migrationsTable}`,
  });
  return names.filter((name) => !executed.some((row) => row.name === name));
}
