import type { PoolClient } from 'pg';
import { NoStandbyError, StandbyError, UnsuitableDatabaseError } from './database.errors.js';

/** A setting of Postgres for which the server, a database or a role may have another default than our SQL expects. */
interface SessionSetting {
  name: string;
  value: string;
  /** Whether a wrong value gives wrong results. Behind a pooler nothing can be set, so the default must be right. */
  isVital?: true;
}

/**
 * The settings of every connection. Names are as in `pg_settings`; a name that a version of Postgres does not have is
 * skipped. `search_path` is not among them: it changes only if `DATABASE_SCHEMA` is set. Nor is
 * `default_transaction_read_only`: clouds use it to protect a database whose disk is full.
 */
const sessionSettings: SessionSetting[] = [
  { name: 'DateStyle', value: 'ISO', isVital: true },
  { name: 'default_transaction_isolation', value: 'read committed', isVital: true },
  { name: 'standard_conforming_strings', value: 'on', isVital: true },
  { name: 'array_nulls', value: 'on', isVital: true },
  { name: 'client_encoding', value: 'UTF8' },
  { name: 'TimeZone', value: 'UTC' },
  { name: 'IntervalStyle', value: 'postgres' },
  { name: 'bytea_output', value: 'hex' },
  { name: 'extra_float_digits', value: '1' },
  { name: 'row_security', value: 'on' },
  { name: 'gin_fuzzy_search_limit', value: '0' },
  { name: 'default_transaction_deferrable', value: 'off' },
  { name: 'statement_timeout', value: '0' },
  { name: 'lock_timeout', value: '0' },
  { name: 'transaction_timeout', value: '0' },
  { name: 'idle_in_transaction_session_timeout', value: '0' },
  { name: 'idle_session_timeout', value: '0' },
];

const wanted = sessionSettings.map(({ name, value }) => `('${name}', '${value}')`).join(', ');

/** Milliseconds after which the server counts as unreachable. */
const setUpTimeoutMs = 5_000;

/** The server at the other end of a new connection. */
interface Surroundings {
  isStandby: boolean;
  /** Whether the connection goes through a pooler: then the process id that it gave us is not the server's. */
  isPooled: boolean;
  encoding: string;
  database: string;
  role: string;
  searchPath: string;
  isPathInUrl: boolean;
  /** The first existing schema of the path that the role may use. Tables are created there. */
  currentSchema: string | null;
  /** The schema of `DATABASE_SCHEMA`, if it exists. */
  wantedSchema: { isUsable: boolean } | null;
  /** The schema of pg_trgm, if it is installed. */
  extension: { schema: string; isOnPath: boolean; isUsable: boolean } | null;
  /** The values of `sessionSettings` before anything is set. */
  presets: Record<string, string>;
}

/**
 * Sets the settings and reads the properties of the server, in one round trip. Behind a pooler in transaction mode, nothing
 * is set: the settings would stay on a server connection that another client gets afterwards.
 */
const setUpStatement = (processId: number, schema: string) => `
  SELECT
    pg_is_in_recovery() AS "isStandby",
    pg_backend_pid() <> ${processId} AS "isPooled",
    current_setting('server_encoding') AS encoding,
    quote_ident(current_database()) AS database,
    quote_ident(current_user) AS role,
    path.setting AS "searchPath",
    path.source = 'client' AS "isPathInUrl",
    current_schema() AS "currentSchema",
    (
      SELECT json_build_object('isUsable', has_schema_privilege(oid, 'USAGE'))
      FROM pg_namespace WHERE nspname = ${schema}
    ) AS "wantedSchema",
    (
      SELECT json_build_object(
        'schema', quote_ident(nspname),
        'isOnPath', nspname = ANY (current_schemas(true)),
        'isUsable', has_schema_privilege(pg_namespace.oid, 'USAGE'))
      FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
      WHERE extname = 'pg_trgm'
    ) AS extension,
    presets
  FROM pg_settings AS path, (
    SELECT
      json_object_agg(name, reset_val) AS presets,
      count(CASE WHEN pg_backend_pid() = ${processId} THEN set_config(name, value, false) END)
    FROM (VALUES ${wanted}) AS wanted (name, value) JOIN pg_settings USING (name)
  ) AS done
  WHERE path.name = 'search_path'`;

const pooled = new WeakSet<object>();

/** Whether a connection leads to a pooler, and not to Postgres itself. */
export function isPooled(client: object): boolean {
  return pooled.has(client);
}

/** The place of the tables. */
export interface TablePlace {
  /** `DATABASE_SCHEMA`; if it is unset, the first schema of the search_path. */
  schema?: string;
  /** Whether to create the schema if it is missing. */
  makesSchema?: boolean;
  /** Whether the server must be a standby, and not the primary. */
  isReplica?: boolean;
}

/**
 * Prepares a new connection, whatever the defaults of the server, the database or the role are. It runs on every connection
 * before anything else.
 *
 * @throws {StandbyError}
 * @throws {NoStandbyError}
 * @throws {UnsuitableDatabaseError} and what to do
 */
export async function setUpConnection(client: PoolClient, place: TablePlace = {}): Promise<void> {
  // After the pool has removed its listener, and before TypeORM adds one, a new connection has no listener. An error without
  // a listener would end the process. The next statement on the connection fails, too, so nothing is lost.
  client.on('error', () => {});
  const { processID } = client as unknown as { processID: number | null };
  const wantedSchema = place.schema === undefined ? 'NULL' : client.escapeLiteral(place.schema);
  const [surroundings] = await ask<Surroundings>(client, setUpStatement(processID ?? 0, wantedSchema));
  const found = surroundings!;
  if (found.isStandby && !place.isReplica) throw new StandbyError();
  if (!found.isStandby && place.isReplica) throw new NoStandbyError();
  const fault = encodingFault(found) ?? extensionFault(found, place) ?? presetFault(found);
  if (fault !== undefined) throw new UnsuitableDatabaseError(fault);
  if (place.schema !== undefined) await enterSchema(client, place.schema, place.makesSchema === true, found);
  if (found.isPooled) pooled.add(client);
}

async function ask<Row extends object>(client: PoolClient, text: string): Promise<Row[]> {
  const { rows } = await client.query<Row>({ text, query_timeout: setUpTimeoutMs } as { text: string });
  return rows;
}

/** Sets the search_path to the schema of the tables and the schema of pg_trgm. */
async function enterSchema(
  client: PoolClient,
  schema: string,
  makesSchema: boolean,
  found: Surroundings,
): Promise<void> {
  const { database, role, extension } = found;
  const name = client.escapeIdentifier(schema);
  const makeIt = `CREATE SCHEMA ${name} AUTHORIZATION ${role};`;
  if (found.wantedSchema === null) {
    if (!makesSchema) {
      throw new UnsuitableDatabaseError(
        `The database ${database} has no schema ${schema}, which DATABASE_SCHEMA names. The service makes it when it starts; or make it by hand: ${makeIt}`,
      );
    }
    await makeSchema(
      client,
      name,
      `${role} may not make the schema ${schema} in the database ${database}, which DATABASE_SCHEMA names. Make it: ${makeIt}`,
    );
  } else if (!found.wantedSchema.isUsable) {
    throw new UnsuitableDatabaseError(
      `${role} may not use the schema ${schema} of the database ${database}, which DATABASE_SCHEMA names. Allow it: GRANT USAGE, CREATE ON SCHEMA ${name} TO ${role};`,
    );
  }
  const path = extension === null || extension.schema === schema ? name : `${name}, ${extension.schema}`;
  if (!found.isPooled) {
    await ask(client, `SELECT set_config('search_path', ${client.escapeLiteral(path)}, false)`);
  } else if (found.currentSchema !== schema || extension?.isOnPath === false) {
    throw new UnsuitableDatabaseError(
      `DATABASE_URL leads to a connection pooler, behind which the schema of DATABASE_SCHEMA cannot be set for each connection. Set it for the role, and let the pooler connect anew: ALTER ROLE ${role} IN DATABASE ${database} SET search_path = ${path};`,
    );
  }
}

/** Several nodes may start at once. */
async function makeSchema(client: PoolClient, name: string, refusal: string): Promise<void> {
  try {
    await ask(client, `CREATE SCHEMA IF NOT EXISTS ${name}`);
  } catch (error) {
    const { code } = error as { code?: unknown };
    // SQLSTATE insufficient_privilege
    if (code === '42501') throw new UnsuitableDatabaseError(refusal);
    // SQLSTATEs unique_violation and duplicate_schema: another node has created it in the meantime.
    if (code !== '23505' && code !== '42P06') throw error;
  }
}

function encodingFault({ database, encoding }: Surroundings): string | undefined {
  if (encoding === 'UTF8') return undefined;
  return `The database ${database} is encoded in ${encoding}, which does not have every character that people use in their names. Make one in UTF8, and name it in DATABASE_URL: CREATE DATABASE weapp ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;`;
}

/** Checks that a schema for the tables exists, and that pg_trgm can be used. */
function extensionFault(found: Surroundings, place: TablePlace): string | undefined {
  const { database, role, searchPath, extension } = found;
  if (place.schema === undefined && found.currentSchema === null) {
    return `search_path (${searchPath}) names no schema of the database ${database} that ${role} may use, so there is no place for tables. Make the schema (CREATE SCHEMA … AUTHORIZATION ${role};), or name another: ${pathCommand(found, 'public')}`;
  }
  if (extension === null || extension.isOnPath) return undefined;
  const { schema, isUsable } = extension;
  if (place.schema !== undefined) {
    return isUsable
      ? undefined
      : `The extension pg_trgm lies in the schema ${schema}, which ${role} may not use. Allow it: GRANT USAGE ON SCHEMA ${schema} TO ${role};`;
  }
  return isUsable
    ? `The extension pg_trgm lies in the schema ${schema}, which search_path (${searchPath}) does not name. Add it: ${pathCommand(found, `${searchPath}, ${schema}`)}`
    : `The extension pg_trgm lies in the schema ${schema}, which ${role} may not use. Allow it, and have search_path (${searchPath}) name that schema: GRANT USAGE ON SCHEMA ${schema} TO ${role}; ${pathCommand(found, `${searchPath}, ${schema}`)}`;
}

/** Behind a pooler, checks the default values, which cannot be changed there. */
function presetFault(found: Surroundings): string | undefined {
  const { database, role } = found;
  const wrong = found.isPooled
    ? sessionSettings.filter(({ name, value, isVital }) => isVital && !isSame(found.presets[name], value))
    : [];
  if (wrong.length === 0) return undefined;
  const names = wrong.map(({ name }) => `${name} (${found.presets[name]})`).join(', ');
  const commands = wrong.map(
    ({ name, value }) => `ALTER ROLE ${role} IN DATABASE ${database} SET ${name} = '${value}';`,
  );
  return `DATABASE_URL leads to a connection pooler, behind which settings of Postgres cannot be set for each connection, and the database or the role presets what does not work: ${names}. Set it there, and let the pooler connect anew: ${commands.join(' ')}`;
}

/** `ISO, MDY` is ISO. */
function isSame(preset: string | undefined, value: string): boolean {
  return preset === value || preset?.startsWith(`${value},`) === true;
}

function pathCommand({ role, database, isPathInUrl }: Surroundings, path: string): string {
  return isPathInUrl
    ? `write options=${encodeURIComponent(`-c search_path=${path.replaceAll(' ', '')}`)} into DATABASE_URL`
    : `ALTER ROLE ${role} IN DATABASE ${database} SET search_path = ${path};`;
}
