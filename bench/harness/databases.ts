import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { removePostgres, startPostgres } from '../../dev/postgres.js';
import { findParent, readFamilyCpuUs } from './proc.js';

/** The databases of a run, on one Postgres. */
export class Databases {
  readonly #names: string[] = [];
  readonly #prefix = `weapp_auth_bench_${randomBytes(4).toString('hex')}`;

  private constructor(
    private readonly urlOf: (database: string) => string,
    private readonly admin: Client,
    /** `18.4`. */
    readonly version: string,
    private readonly serverPid: number | undefined,
  ) {}

  /**
   * Runs `work` on the Postgres that `DATABASE_URL` names, whose role may create databases; without `DATABASE_URL`, on an
   * embedded one with the settings that Postgres comes with. Leaves nothing behind.
   */
  static async use(work: (databases: Databases) => Promise<void>): Promise<void> {
    const given = process.env['DATABASE_URL'];
    if (given !== undefined) {
      return Databases.useServer((database) => withDatabase(given, database), given, work);
    }
    const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-bench-postgres-'));
    const postgres = await startPostgres({ dataDirectory });
    try {
      await Databases.useServer((database) => postgres.url(database), postgres.url('postgres'), work);
    } finally {
      await postgres.stop();
      removePostgres(dataDirectory);
    }
  }

  private static async useServer(
    urlOf: (database: string) => string,
    adminUrl: string,
    work: (databases: Databases) => Promise<void>,
  ): Promise<void> {
    const admin = new Client(adminUrl);
    await admin.connect();
    const { rows } = await admin.query<{ version: string; pid: number }>(
      `SELECT current_setting('server_version') AS version, pg_backend_pid() AS pid`,
    );
    const { version, pid } = rows[0]!;
    const databases = new Databases(urlOf, admin, version.split(' ', 1)[0]!, findParent(pid, 'postgres'));
    try {
      await work(databases);
    } finally {
      for (const name of databases.#names) await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    }
  }

  /**
   * Makes an empty database, or a copy of one to which nobody is connected.
   *
   * @returns its URL
   */
  async create(template?: string): Promise<string> {
    const name = `${this.#prefix}_${this.#names.length + 1}`;
    const source = template === undefined ? '' : ` TEMPLATE ${new URL(template).pathname.slice(1)}`;
    await this.admin.query(`CREATE DATABASE ${name}${source}`);
    this.#names.push(name);
    return this.urlOf(name);
  }

  /** Microseconds of CPU of all processes of Postgres; undefined if they run elsewhere, and without /proc. */
  get cpuUs(): number | undefined {
    return this.serverPid === undefined ? undefined : readFamilyCpuUs(this.serverPid);
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
