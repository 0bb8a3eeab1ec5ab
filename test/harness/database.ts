import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';

/** A database of a test's own. */
export class TestDatabase {
  /** Tests ask again and again until something has happened. A connection of its own costs twenty times what a query does. */
  readonly #pool: Pool;

  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly serverUrl: string,
  ) {
    this.#pool = new Pool({
      connectionString: url,
      application_name: 'test',
      max: 20,
      idleTimeoutMillis: 1_000,
      allowExitOnIdle: true,
    });
    // Postgres ends idle connections if the database is dropped, or has a preset for it.
    this.#pool.on('error', () => {});
  }

  /** @param options of CREATE DATABASE. Without a template, the database is empty. */
  static async create(serverUrl: string, options = ''): Promise<TestDatabase> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    await query(serverUrl, `CREATE DATABASE ${name} ${options}`);
    return new TestDatabase(name, url.href, serverUrl);
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values: unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, values)).rows;
  }

  /** How many rows a table has. */
  async count(table: string): Promise<number> {
    const [row] = await this.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table}`);
    return row!.count;
  }

  async drop(): Promise<void> {
    await query(this.serverUrl, `DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
    if (!this.#pool.ending) await this.#pool.end();
  }
}

async function query<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** How many statements wait for a lock in a database. */
export async function countLockWaits(url: string): Promise<number> {
  const waits = await query(
    url,
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return waits.length;
}

/** Every row of every table of a database but some, as text. */
export async function dump(url: string, except: string[] = []): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables
       WHERE schemaname = 'public' AND tablename <> ALL ($1) ORDER BY 1`,
      [except],
    );
    const parts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} AS t`);
      parts.push(`-- ${name}`, ...rows.map(({ row }) => row));
    }
    return parts.join('\n');
  } finally {
    await client.end();
  }
}
