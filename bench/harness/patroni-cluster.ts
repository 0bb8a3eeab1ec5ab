import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findFreePort } from '../../dev/ports.js';
import { type Account, accountFor, giveTo } from '../../dev/postgres-account.js';
import { processIdentity, waitForExit } from '../../dev/processes.js';
import { waitUntilListening } from '../../test/harness/listening.js';
import { hasPgBouncer } from '../../test/harness/pgbouncer.js';
import { hasProgram, hasProxy, Proxy } from '../../test/harness/proxy.js';
import { readChildren } from './proc.js';

/** Where Debian puts the versions of Postgres. */
const debianPostgres = '/usr/lib/postgresql';
const pollMs = 250;
/** Milliseconds in which a killed process ends. */
const endTimeoutMs = 30_000;
/** Milliseconds after which a server counts as one that does not answer. */
const countTimeoutMs = 5_000;
const names = ['n1', 'n2', 'n3'];

/** What the cluster says about one of its members. */
interface MemberState {
  name: string;
  role: 'leader' | 'replica' | 'sync_standby';
  /** `running` for a primary; `running` or `streaming` for a standby. */
  state: string;
}

/** Debian's packages that are missing for a cluster, and for a PgBouncer in front of it. */
export function findMissingPackages(needsPooler: boolean): string[] {
  return [
    [hasProgram('patroni', ['--version']), 'patroni'],
    [hasProgram('etcd', ['--version']), 'etcd-server'],
    [hasProxy('haproxy'), 'haproxy'],
    [!needsPooler || hasPgBouncer, 'pgbouncer'],
    [findBinDirectory() !== undefined, 'postgresql'],
  ]
    .filter(([isThere]) => isThere === false)
    .map(([, name]) => String(name));
}

function findBinDirectory(): string | undefined {
  if (!existsSync(debianPostgres)) return undefined;
  return readdirSync(debianPostgres)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((major) => join(debianPostgres, major, 'bin'))
    .find((directory) => existsSync(join(directory, 'postgres')));
}

/** Postgres under Patroni, on a machine of its own but for the machine. */
class Member {
  #patroni: ChildProcess | undefined;

  constructor(
    readonly name: string,
    readonly restPort: number,
    readonly postgresPort: number,
    private readonly directory: string,
    private readonly account: Account,
  ) {}

  get dataDirectory(): string {
    return join(this.directory, this.name);
  }

  /** Starts Patroni, which starts Postgres. */
  start(): void {
    const log = openSync(join(this.directory, `${this.name}.log`), 'a');
    this.#patroni = spawn('patroni', [join(this.directory, `${this.name}.yml`)], {
      ...this.account,
      cwd: this.directory,
      env: { PATH: process.env['PATH'], HOME: this.directory, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  /** Sends a signal to Patroni and to all processes of Postgres, as if the whole machine got it. */
  signal(signal: NodeJS.Signals): void {
    const postmaster = this.postmaster;
    const pids = [
      this.#patroni?.pid,
      ...(postmaster === undefined ? [] : [postmaster, ...readChildren(postmaster)]),
    ];
    for (const pid of pids) {
      try {
        if (pid !== undefined) process.kill(pid, signal);
      } catch {
        // It has just ended.
      }
    }
  }

  /** Resolves once nothing of it runs. */
  async kill(): Promise<void> {
    const patroni = this.#patroni;
    const postmaster = this.postmaster;
    this.signal('SIGKILL');
    if (patroni?.exitCode === null && patroni.signalCode === null) await once(patroni, 'exit');
    if (postmaster !== undefined) await waitForExit(postmaster, endTimeoutMs);
  }

  private get postmaster(): number | undefined {
    const file = join(this.dataDirectory, 'postmaster.pid');
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n', 1)[0]) : undefined;
    return pid !== undefined && processIdentity(pid) !== undefined ? pid : undefined;
  }
}

/**
 * Three servers under Patroni with `synchronous_mode` and its other defaults, etcd, and the HAProxy of the guide in front, all on
 * loopback and in a temporary directory.
 */
export class PatroniCluster {
  private constructor(
    private readonly directory: string,
    private readonly members: Member[],
    private readonly etcd: ChildProcess,
    private readonly proxy: Proxy,
    private readonly proxyPort: number,
    /** Of all roles. */
    readonly password: string,
  ) {}

  /** Resolves once the cluster has a primary and a synchronous standby, and all members run. */
  static async start(): Promise<PatroniCluster> {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-patroni-'));
    // Postgres does not run as root.
    const account = accountFor(join(directory, 'none'));
    const password = randomBytes(16).toString('hex');
    const etcdPort = await findFreePort();
    const etcd = await startEtcd(directory, etcdPort);
    const members: Member[] = [];
    for (const name of names) {
      const member = new Member(name, await findFreePort(), await findFreePort(), directory, account);
      writeFileSync(
        join(directory, `${name}.yml`),
        patroniConfiguration(member, directory, etcdPort, password),
        { mode: 0o600 },
      );
      members.push(member);
    }
    giveTo(account, directory, { recursive: true });
    for (const member of members) member.start();
    // They would outlive this process.
    process.once('exit', () => {
      for (const member of members) member.signal('SIGKILL');
    });
    const proxyPort = await findFreePort();
    const proxy = await Proxy.start('haproxy', proxyConfiguration(members, proxyPort), proxyPort);
    const cluster = new PatroniCluster(directory, members, etcd, proxy, proxyPort, password);
    await cluster.isWhole();
    return cluster;
  }

  /** Where HAProxy leads to the primary. */
  url(database: string, user = 'postgres'): string {
    return `postgresql://${user}:${this.password}@127.0.0.1:${this.proxyPort}/${database}`;
  }

  /** Resolves once all members run, and one of them is a synchronous standby. */
  async isWhole(): Promise<void> {
    for (;;) {
      const states = await this.readStates();
      const running = states.filter(({ state }) => state === 'running' || state === 'streaming');
      const roles = running.map(({ role }) => role);
      const isWhole =
        running.length === names.length && roles.includes('leader') && roles.includes('sync_standby');
      if (isWhole && (await this.acceptsWrites())) return;
      await sleep(pollMs);
    }
  }

  /** Resolves once Patroni has named another synchronous standby. */
  async isReplaced(standby: Member): Promise<void> {
    const isOther = ({ name, role }: MemberState) => role === 'sync_standby' && name !== standby.name;
    while (!(await this.readStates()).some(isOther)) await sleep(pollMs);
  }

  async findMember(role: MemberState['role']): Promise<Member> {
    const found = (await this.readStates()).find((state) => state.role === role);
    return this.members.find(({ name }) => name === found?.name)!;
  }

  /** Asks Patroni for another primary. */
  async switchOver(): Promise<void> {
    const leader = await this.findMember('leader');
    const response = await fetch(`http://127.0.0.1:${leader.restPort}/switchover`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ leader: leader.name }),
    });
    if (!response.ok) throw new Error(`Patroni refused the switchover: ${await response.text()}`);
  }

  /** The most connections under this name at one of the servers. A server that does not answer has none. */
  async countConnections(applicationName: string): Promise<number> {
    const counts = await Promise.all(
      this.members.map(async ({ postgresPort }) => {
        const client = new Client({
          connectionString: `postgresql://postgres:${this.password}@127.0.0.1:${postgresPort}/postgres`,
          connectionTimeoutMillis: countTimeoutMs,
          query_timeout: countTimeoutMs,
        });
        client.on('error', () => {});
        try {
          await client.connect();
          const { rows } = await client.query<{ count: number }>(
            'SELECT count(*)::integer AS count FROM pg_stat_activity WHERE application_name = $1',
            [applicationName],
          );
          return rows[0]!.count;
        } catch {
          return 0;
        } finally {
          void client.end().catch(() => {});
        }
      }),
    );
    return Math.max(...counts);
  }

  async stop(): Promise<void> {
    // Stopped processes do not end before they go on, but SIGKILL needs no going on.
    await Promise.all(this.members.map((member) => member.kill()));
    await this.proxy.stop();
    this.etcd.kill('SIGKILL');
    if (this.etcd.exitCode === null && this.etcd.signalCode === null) await once(this.etcd, 'exit');
    rmSync(this.directory, { recursive: true });
  }

  private async readStates(): Promise<MemberState[]> {
    for (const { restPort } of this.members) {
      try {
        const response = await fetch(`http://127.0.0.1:${restPort}/cluster`, {
          signal: AbortSignal.timeout(2_000),
        });
        return ((await response.json()) as { members: MemberState[] }).members;
      } catch {
        // Another one may know.
      }
    }
    return [];
  }

  private async acceptsWrites(): Promise<boolean> {
    const client = new Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 1_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      return !rows[0]!.standby;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  }
}

async function startEtcd(directory: string, port: number): Promise<ChildProcess> {
  const peer = `http://127.0.0.1:${await findFreePort()}`;
  const client = `http://127.0.0.1:${port}`;
  const logFile = join(directory, 'etcd.log');
  const log = openSync(logFile, 'a');
  const options = {
    'data-dir': join(directory, 'etcd'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
  };
  const etcd = spawn(
    'etcd',
    Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    { cwd: directory, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  await waitUntilListening(etcd, port, () => readFileSync(logFile, 'utf8'));
  return etcd;
}

/** JSON is YAML. */
function patroniConfiguration(member: Member, directory: string, etcdPort: number, password: string): string {
  const { name, restPort, postgresPort, dataDirectory } = member;
  const sockets = join(directory, `${name}-sockets`);
  mkdirSync(sockets);
  return JSON.stringify({
    scope: 'weapp',
    name,
    restapi: { listen: `127.0.0.1:${restPort}`, connect_address: `127.0.0.1:${restPort}` },
    etcd3: { hosts: `127.0.0.1:${etcdPort}` },
    bootstrap: {
      dcs: { synchronous_mode: true, postgresql: { use_pg_rewind: true, use_slots: true } },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }],
    },
    postgresql: {
      listen: `127.0.0.1:${postgresPort}`,
      connect_address: `127.0.0.1:${postgresPort}`,
      data_dir: dataDirectory,
      bin_dir: findBinDirectory(),
      pgpass: join(directory, `${name}.pgpass`),
      authentication: {
        superuser: { username: 'postgres', password },
        replication: { username: 'replicator', password },
      },
      pg_hba: ['host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256'],
      parameters: { unix_socket_directories: sockets },
    },
    watchdog: { mode: 'off' },
  });
}

/** That of docs/guides/high-availability.md. */
function proxyConfiguration(members: Member[], port: number): string {
  const servers = members.map(
    ({ name, restPort, postgresPort }) =>
      `    server ${name} 127.0.0.1:${postgresPort} check port ${restPort}`,
  );
  return `
listen postgres
    bind 127.0.0.1:${port}
    mode tcp
    option httpchk OPTIONS /primary
    http-check expect status 200
    timeout connect 4s
    timeout client 30m
    timeout server 30m
    timeout check 2s
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('\n')}
`;
}
