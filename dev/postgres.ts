import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { withTimeout } from '../src/limits/with-timeout.js';
import { bareEnvironment } from './environment.js';
import { takeLauncherLock } from './launcher-lock.js';
import { LocalError } from './local.error.js';
import { findFreePort, isPortFree } from './ports.js';
import { type Account, accountFor } from './postgres-account.js';
import { type Binaries, findBinaries } from './postgres-binaries.js';
import { clusterMajor, clusterPassword, prepareCluster } from './postgres-cluster.js';
import { chooseHome, homeElsewhere } from './postgres-home.js';
import { isReady, stopOrphan } from './postmaster.js';

export interface PostgresOptions {
  /** Holds everything: the cluster (or a link to it), its password, the log, the port. Made where it is missing. */
  dataDirectory: string;
  /** Default: a free one, the same as last time while that is free. */
  port?: number;
  /** Settings of the server, as in postgresql.conf. */
  settings?: Record<string, string>;
  /** Where the package with the binaries lies. Default: where npm installed it. */
  packageDirectory?: string;
}

/** A running Postgres, on 127.0.0.1 alone. */
export interface Postgres {
  readonly port: number;
  readonly logFile: string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<void>;
  url(database: string): string;
  /** Shuts down at once but in order; `immediate` leaves the tidying up to the next start. May be called again. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}

/** Everything of one start that its attempts share. */
interface Launch {
  cluster: string;
  binaries: Binaries;
  account: Account;
  logFile: string;
  settings: Record<string, string>;
}

const conflictTimeoutMs = 5_000;
const startTimeoutMs = 60_000;
const logLimit = 5_000_000;

/** Starts the Postgres of a data directory, at first making its database. One launcher at a time may do so. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  mkdirSync(options.dataDirectory, { recursive: true });
  const dataDirectory = realpathSync(options.dataDirectory);
  const lock = takeLauncherLock(dataDirectory);
  try {
    const existing = join(dataDirectory, 'cluster');
    if (existsSync(existing)) await stopOrphan(realpathSync(existing));

    const account = accountFor(existing);
    const home = chooseHome(dataDirectory, account);
    const binaries = await findBinaries({
      account,
      home,
      packageDirectory: options.packageDirectory,
      major: clusterMajor(existing),
    });
    const password = clusterPassword(dataDirectory, existing);
    const cluster = await prepareCluster({ home, binaries, account, password });
    const logFile = join(dataDirectory, 'server.log');
    const launch = { cluster, binaries, account, logFile, settings: options.settings ?? {} };
    const { server, port } = await startServer(launch, join(dataDirectory, 'port'), options.port);
    return serve(server, launch, port, password, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Creates a database unless there is one of that name. */
export async function createDatabase(postgres: Postgres, name: string): Promise<void> {
  const client = new Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/** Removes a data directory whose Postgres has stopped, with what lies elsewhere on its behalf. */
export function removePostgres(dataDirectory: string): void {
  const elsewhere = homeElsewhere(dataDirectory);
  if (elsewhere !== undefined) rmSync(elsewhere, { recursive: true, force: true });
  rmSync(dataDirectory, { recursive: true, force: true });
}

async function startServer(
  launch: Launch,
  portFile: string,
  fixedPort: number | undefined,
): Promise<{ server: ChildProcess; port: number }> {
  const deadline = Date.now() + conflictTimeoutMs;
  for (;;) {
    const port = fixedPort ?? (await choosePort(portFile));
    const outcome = await attemptStart(launch, port);
    if (typeof outcome !== 'string') {
      writeFileSync(portFile, String(port));
      return { server: outcome, port };
    }
    const isPortTaken = /could not bind|could not create any TCP\/IP sockets/.test(outcome);
    if (isPortTaken && fixedPort !== undefined) {
      throw new LocalError(`Port ${fixedPort} is in use: Postgres cannot listen there.`);
    }
    // Somebody else's server that we do not know is still going down, or has just come up.
    const isConflict =
      /lock file "postmaster.pid" already exists|shared memory block .* is still in use/.test(outcome);
    if (Date.now() < deadline && (isPortTaken || isConflict)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    throw new LocalError(
      [
        `Postgres (${launch.binaries.postgres}) does not start. The end of ${launch.logFile}:`,
        lastLines(outcome),
        'If the log names no cause that you can remove, set DATABASE_URL to a Postgres of your own, or move the data directory away to start with an empty one.',
      ].join('\n'),
    );
  }
}

async function choosePort(portFile: string): Promise<number> {
  const last = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  const isUsable = Number.isInteger(last) && last > 0 && last < 65_536;
  return isUsable && (await isPortFree(last, '127.0.0.1')) ? last : findFreePort();
}

/** @returns the server once it takes connections, or what it wrote to the log before it gave up */
async function attemptStart(launch: Launch, port: number): Promise<ChildProcess | string> {
  const { cluster, binaries, account, logFile } = launch;
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ...launch.settings,
  };
  const log = openLog(logFile);
  const logStart = fstatSync(log).size;
  const server = spawn(
    binaries.postgres,
    ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...account,
      cwd: cluster,
      env: bareEnvironment(),
      // Out of our process group: a Ctrl-C is for us, who stop the service before its database.
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  stopWithUs(server);
  const ready = await isReadyInTime(server, cluster);
  if (ready) return server;
  server.kill('SIGQUIT');
  return readFileSync(logFile).subarray(logStart).toString('utf8');
}

/** Should we end without stop(), by an error that nobody caught: no server stays behind. */
function stopWithUs(server: ChildProcess): void {
  const stop = (): void => void server.kill('SIGINT');
  process.once('exit', stop);
  server.once('exit', () => process.off('exit', stop));
}

function isReadyInTime(server: ChildProcess, cluster: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + startTimeoutMs;
    const poll = setInterval(() => {
      if (isReady(cluster, server.pid)) finish(true);
      else if (Date.now() > deadline) finish(false);
    }, 10);
    const finish = (isUp: boolean): void => {
      clearInterval(poll);
      resolve(isUp);
    };
    server.once('exit', () => finish(false));
    server.once('error', (error) => {
      clearInterval(poll);
      reject(new LocalError(`Postgres cannot be run: ${error.message}`, { cause: error }));
    });
  });
}

function serve(
  server: ChildProcess,
  launch: Launch,
  port: number,
  password: string,
  release: () => void,
): Postgres {
  const ended = new Promise<void>((resolve) => {
    const finish = (): void => {
      release();
      resolve();
    };
    if (server.exitCode !== null || server.signalCode !== null) finish();
    else server.once('exit', finish);
  });
  const isRunning = (): boolean => server.exitCode === null && server.signalCode === null;
  const endsWithin = async (milliseconds: number): Promise<boolean> =>
    (await withTimeout(
      milliseconds,
      ended.then(() => true),
    )) === true;

  return {
    port,
    logFile: launch.logFile,
    ended,
    url: (database) => `postgresql://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop: async (mode = 'fast') => {
      if (!isRunning()) return;
      if (mode === 'fast') {
        await askToStop(server, launch);
        if (await endsWithin(8_000)) return;
      }
      server.kill('SIGQUIT');
      if (await endsWithin(3_000)) return;
      server.kill('SIGKILL');
      await ended;
    },
  };
}

/** Windows has no signals; there pg_ctl knows how to tell the server. */
async function askToStop(server: ChildProcess, { binaries, cluster }: Launch): Promise<void> {
  if (process.platform !== 'win32') {
    server.kill('SIGINT');
    return;
  }
  const child = spawn(binaries.pgCtl, ['stop', '-D', cluster, '-m', 'fast'], {
    env: bareEnvironment(),
    windowsHide: true,
    stdio: 'ignore',
  });
  await promisify(child.once.bind(child) as (event: string, done: () => void) => void)('close');
}

/** Appends, so that the log of a crash outlives the next start; begins anew once it has grown large. */
function openLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return openSync(file, size > logLimit ? 'w' : 'a', 0o600);
}

function lastLines(text: string): string {
  return text
    .trim()
    .split('\n')
    .slice(-15)
    .map((line) => `  ${line}`)
    .join('\n');
}
