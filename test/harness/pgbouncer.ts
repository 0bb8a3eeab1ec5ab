import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountFor, giveTo } from '../../dev/postgres-account.js';
import { findFreePort } from '../../dev/ports.js';
import { waitUntilListening } from './listening.js';

/** Debian puts it beside what only root needs. */
const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/** Whether there is a PgBouncer here. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version'], { env: environment }).status === 0;

/** A PgBouncer of a test's own, in transaction mode. */
export class PgBouncer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly directory: string,
    private readonly port: number,
  ) {}

  /**
   * Resolves once it listens.
   *
   * @param serverUrl of any database on the server, with the user that it connects as
   * @param settings of pgbouncer.ini, besides
   */
  static async start(serverUrl: string, settings: Record<string, string> = {}): Promise<PgBouncer> {
    const server = new URL(serverUrl);
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-pgbouncer-'));
    const port = await findFreePort();
    const file = join(directory, 'pgbouncer.ini');
    writeFileSync(
      file,
      `[databases]
      * = host=${server.hostname} port=${server.port} user=${server.username} password=${server.password}
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = ${port}
      unix_socket_dir =
      auth_type = any
      pool_mode = transaction
      logfile = ${directory}/log
      ${Object.entries(settings)
        .map(([name, value]) => `${name} = ${value}`)
        .join('\n')}`,
      { mode: 0o600 },
    );
    // Like Postgres it does not run as root.
    const account = accountFor(join(directory, 'none'));
    giveTo(account, directory, { recursive: true });
    const child = spawn('pgbouncer', [file], { ...account, env: environment, stdio: 'ignore' });
    await waitUntilListening(child, port, () => readFileSync(join(directory, 'log'), 'utf8'));
    return new PgBouncer(child, directory, port);
  }

  /** The URL of a database, by way of this pooler. */
  through(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.port = String(this.port);
    return url.href;
  }

  async stop(): Promise<void> {
    this.process.kill('SIGKILL');
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    rmSync(this.directory, { recursive: true });
  }
}
