import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createEmulator, type Emulator } from '../../emulator/src/index.js';
import { apps, tea, wechatApps } from '../../test/harness/apps.js';
import { serviceMain } from '../harness/bench.js';
import { phonesOf } from '../harness/nodes.js';
import { RestartableNode } from '../harness/restartable-node.js';
import { encryptionKey, jwtAudience, jwtIssuer } from '../world/deployment.js';
import { phoneAddress } from '../world/users.js';
import { type Act, auditBooks, clockSubject, databaseSubject, type Verdict } from './audit.js';
import { Books } from './books.js';
import { DatabaseBeat } from './database-beat.js';
import { type LoadSize, MixedLoad } from './mixed-load.js';
import { Person } from './person.js';
import { Phone } from './phone.js';
import { TroubleWatch } from './trouble-watch.js';

/** The memory of a node, at some time by `performance.now()`. */
export interface MemorySample {
  at: number;
  node: string;
  residentMiB: number | undefined;
}

/** What is known after a run. */
export interface Report {
  books: Books;
  watch: TroubleWatch;
  acts: Act[];
  memory: MemorySample[];
  /** People who were two users at first. */
  merged: number;
  verdicts: Verdict[];
  /** When the load began and ended, by `performance.now()`. */
  from: number;
  to: number;
  /** `15.14`. */
  postgresVersion: string;
}

/** A deployment under load. */
export interface Stage {
  books: Books;
  nodes: RestartableNode[];
  /** In WeChat's place. */
  emulator: Emulator;
  /** On a connection that nothing is done to. */
  query: <Row extends object>(text: string) => Promise<Row[]>;
  /** Does something to the deployment that it has to feel. Resolves once everything is well again, and phones have been answered in all ways. */
  act: <Result>(name: string, run: () => Promise<Result>) => Promise<Result>;
}

export interface RunOptions {
  /** An empty database. */
  databaseUrl: string;
  load: LoadSize;
  /** Settings of the nodes, besides. */
  settings?: Record<string, string>;
  /** The port of `/metrics` of each node. Default: no metrics. */
  metricsPorts?: number[];
  /** What is done under load. The load ends with it. */
  play: (stage: Stage) => Promise<void>;
  /** After the load, before the books are audited. */
  afterwards?: (stage: Stage) => Promise<void>;
  /** Where the logs of the nodes go in the end. Default: nowhere. */
  keepLogs?: string;
}

const nodeCount = 2;
const tickMs = 10;
const memoryIntervalMs = 5_000;
/** Good answers to each kind of request that shows that the load goes on. */
const answersToGoOn = 5;
const common = ['login', 'refresh', 'guarded request'] as const;

/** Runs two nodes with an emulator in WeChat's place and mixed load, and keeps books. Leaves nothing behind. */
export async function runWithBooks(options: RunOptions): Promise<Report> {
  if (!existsSync(serviceMain)) throw new Error('The service is not built: npm run build');
  const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-books-'));
  const emulator = await createEmulator({ apps });
  const nodes: RestartableNode[] = [];
  try {
    for (let number = 1; number <= nodeCount; number += 1) {
      nodes.push(await startNode(number, directory, emulator, options));
    }
    return await runOnNodes(nodes, emulator, options);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await emulator.close();
    if (options.keepLogs !== undefined) cpSync(directory, options.keepLogs, { recursive: true });
    rmSync(directory, { recursive: true });
  }
}

function startNode(number: number, directory: string, emulator: Emulator, options: RunOptions) {
  return RestartableNode.start(`node ${number}`, {
    main: serviceMain,
    core: undefined,
    logFile: join(directory, `node-${number}.log`),
    environment: {
      DATABASE_URL: options.databaseUrl,
      WECHAT_APPS: wechatApps,
      WECHAT_BASE_URL: emulator.url,
      ENCRYPTION_KEYS: encryptionKey,
      JWT_ISSUER: jwtIssuer,
      JWT_AUDIENCE: jwtAudience,
      AVATAR_STORAGE: `file:${directory}`,
      METRICS_PORT: String(options.metricsPorts?.[number - 1] ?? 0),
      // Each phone has an address of its own.
      TRUST_PROXY: '127.0.0.1',
      ...options.settings,
    },
  });
}

async function runOnNodes(
  nodes: RestartableNode[],
  emulator: Emulator,
  { databaseUrl, load: size, settings, play, afterwards }: RunOptions,
): Promise<Report> {
  const books = new Books(nodes);
  const beat = await DatabaseBeat.create(databaseUrl);
  const admin = await signInAdmin(books, emulator, databaseUrl);
  const watch = new TroubleWatch([
    { name: databaseSubject, ask: () => beat.ask() },
    { name: clockSubject, ask: () => sleep(tickMs) },
    ...nodes.map((node) => ({ name: node.name, ask: () => expectReady(node) })),
  ]);
  const acts: Act[] = [];
  const stage: Stage = {
    books,
    nodes,
    emulator,
    query: (text) => query(databaseUrl, text),
    act: async (name, run) => {
      const act: Act = { name, from: performance.now(), to: Infinity };
      acts.push(act);
      const result = await run();
      await watch.isOver(act.from);
      act.to = performance.now();
      await goesOn(books);
      return result;
    },
  };
  const memory: MemorySample[] = [];
  const sampler = setInterval(() => {
    const at = performance.now();
    memory.push(...nodes.map((node) => ({ at, node: node.name, residentMiB: node.residentMiB })));
  }, memoryIntervalMs);
  const from = performance.now();
  const load = new MixedLoad(books, emulator, size, admin);
  try {
    await play(stage);
  } finally {
    clearInterval(sampler);
    await load.stop();
    await books.allRefused();
    await watch.stop();
    await beat.end();
  }
  const to = performance.now();
  await afterwards?.(stage);
  const maxStalenessMs = Number(settings?.['REVOCATION_MAX_STALENESS'] ?? 1) * 1_000;
  const client = new Client(databaseUrl);
  await client.connect();
  try {
    const verdicts = await auditBooks(books, client, watch, acts, maxStalenessMs);
    const { rows } = await client.query<{ version: string }>(
      `SELECT split_part(current_setting('server_version'), ' ', 1) AS version`,
    );
    const postgresVersion = rows[0]!.version;
    return { books, watch, acts, memory, merged: load.merged, verdicts, from, to, postgresVersion };
  } finally {
    await client.end();
  }
}

/** An admin, signed in with the role. */
async function signInAdmin(books: Books, emulator: Emulator, databaseUrl: string): Promise<Phone> {
  const person = new Person('operator', phoneAddress(0));
  books.persons.push(person);
  const admin = new Phone(person, tea.appid, books, phonesOf(emulator));
  await admin.login();
  await query(databaseUrl, `UPDATE users SET roles = '{admin}' WHERE id = '${admin.session!.userId}'`);
  await admin.login();
  return admin;
}

/** Resolves once each of the most frequent requests has been answered some times more. */
async function goesOn(books: Books): Promise<void> {
  const before = new Map(common.map((operation) => [operation, books.answered(operation)]));
  const isAnswered = (operation: (typeof common)[number]) =>
    books.answered(operation) >= before.get(operation)! + answersToGoOn;
  while (!common.every(isAnswered)) await sleep(100);
}

async function expectReady(node: RestartableNode): Promise<void> {
  if (!(await node.isReady())) throw new Error(`${node.name} is not ready.`);
}

async function query<Row extends object>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
