import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmulator, type Emulator } from '../../emulator/src/index.js';
import { Client } from 'pg';
import { findFreePort } from '../../dev/ports.js';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, vi } from 'vitest';
import { Admin } from './admin.js';
import { apps, tea, wechatApps } from './apps.js';
import { dump, TestDatabase } from './database.js';
import { type Answer, ServiceNode } from './node.js';

export { alone, cake, tea } from './apps.js';

/**
 * For `expect.poll`: what nodes promise within a second. Machines that others use take longer now and then, so that no
 * test measures it: the bench of revocations does.
 */
export const soon = { interval: 20 };

/** For `vi.waitUntil`, which hooks can use, too: only catches what hangs, as vitest.config.ts has it for `expect.poll`. */
export const patient = { timeout: 120_000 };

/**
 * What an end-to-end test lives in: a database without users, WeChat, and as many nodes of the service as it starts.
 * The emulator forgets everything before each test, the database goes on for the file.
 */
export class World {
  readonly nodes: ServiceNode[] = [];
  readonly otherDatabases: TestDatabase[] = [];
  readonly #holds: (() => Promise<void>)[] = [];
  /** Codes and secrets of the deployment: none may turn up there, nor in an answer. */
  readonly #secrets = new Set<string>(apps.map(({ secret }) => secret));
  readonly encryptionKey = randomBytes(32).toString('base64');
  /** Where the nodes keep avatars. */
  readonly avatars = mkdtempSync(join(tmpdir(), 'weapp-auth-avatars-'));
  database: TestDatabase;
  emulator: Emulator;

  /** Settings of a node; what is undefined in `changes` is left out. */
  environment(changes: Record<string, string | undefined> = {}): Record<string, string> {
    const all = {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: this.database.url,
      WECHAT_APPS: wechatApps,
      WECHAT_BASE_URL: this.emulator.url,
      ENCRYPTION_KEYS: this.encryptionKey,
      JWT_ISSUER: 'https://login.example.com',
      AVATAR_STORAGE: `file:${this.avatars}`,
      ...changes,
    };
    return Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }

  /**
   * An empty database beside the world's own, dropped with it.
   *
   * @param options of CREATE DATABASE
   */
  async anotherDatabase(options = ''): Promise<TestDatabase> {
    const database = await TestDatabase.create(inject('postgresUrl'), options);
    this.otherDatabases.push(database);
    return database;
  }

  async startNode(changes: Record<string, string | undefined> = {}): Promise<ServiceNode> {
    const node = this.launchNode(changes);
    await node.listening();
    return node;
  }

  /** Starts a node whose issuer is its URL, as other backends need it. */
  async startIssuer(changes: Record<string, string | undefined> = {}): Promise<ServiceNode> {
    const port = await findFreePort();
    return this.startNode({ PORT: String(port), JWT_ISSUER: `http://127.0.0.1:${port}`, ...changes });
  }

  /** Starts a node without waiting for it. */
  launchNode(changes: Record<string, string | undefined> = {}): ServiceNode {
    const node = ServiceNode.launch(this.environment(changes));
    this.nodes.push(node);
    return node;
  }

  /** What wx.login gives on a user's phone. */
  async code(user: string, appid: string = tea.appid): Promise<string> {
    const { code } = await this.control('POST', '/wx/login', { appid, user });
    this.#secrets.add(code);
    return code;
  }

  /** A user's login on a node. */
  async login(node: ServiceNode, user: string, appid: string = tea.appid): Promise<Answer> {
    return node.login({ code: await this.code(user, appid), appid });
  }

  /**
   * A login that goes on until it is accepted. If the service refuses it with 503, it is tried again with another code, as a
   * mini-program does: a busy machine does not exchange all codes before their deadlines, nor always know what is revoked.
   */
  async loginPatiently(node: ServiceNode, user: string, appid?: string): Promise<Answer> {
    for (;;) {
      const answer = await this.login(node, user, appid);
      if (answer.status !== 503) return answer;
      await sleep(Number(answer.headers['retry-after']) * 1_000);
    }
  }

  /** The logins of many users at once, each until it is accepted. */
  loginAtOnce(node: ServiceNode, users: string[]): Promise<Answer[]> {
    return Promise.all(users.map((user) => this.loginPatiently(node, user)));
  }

  /** Makes WeChat's next responses on a path faulty. */
  async fault(fault: Record<string, unknown>): Promise<void> {
    await this.control('POST', '/faults', { path: '/sns/jscode2session', ...fault });
  }

  /** Exchanges that WeChat received, the oldest first. */
  async exchanges(): Promise<any[]> {
    const { items } = await this.control('GET', '/requests');
    return items.filter(({ path }: { path: string }) => path === '/sns/jscode2session');
  }

  async control(method: string, path: string, body?: unknown): Promise<any> {
    const response = await fetch(`${this.emulator.url}/__emulator__${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`The emulator refused ${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /**
   * A user with the role admin, signed in.
   *
   * @param appid the mini-program through which they log in
   */
  async createAdmin(node: ServiceNode, appid: string = tea.appid): Promise<Admin> {
    const { body } = await this.login(node, 'operator', appid);
    await this.database.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [body.user.id]);
    const { accessToken } = (await this.login(node, 'operator', appid)).body;
    return new Admin(node, body.user.id, accessToken);
  }

  /** The actions on a user in the audit log, the oldest first. */
  async auditedActions(userId: string): Promise<string[]> {
    const entries = await this.database.query<{ action: string }>(
      'SELECT action FROM audit_events WHERE user_id = $1 ORDER BY id',
      [userId],
    );
    return entries.map(({ action }) => action);
  }

  /**
   * Takes the locks of a query in a transaction of its own, until it is let go, which can be said twice. Let go with
   * COMMIT, what the query has changed stays.
   *
   * @param databaseUrl of another database than the world's own
   */
  async hold(
    text: string,
    values: unknown[] = [],
    databaseUrl = this.database.url,
  ): Promise<(end?: 'COMMIT' | 'ROLLBACK') => Promise<void>> {
    const holder = new Client({ connectionString: databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(text, values);
    let released: Promise<void> | undefined;
    const letGo = (end: 'COMMIT' | 'ROLLBACK' = 'ROLLBACK') =>
      (released ??= holder.query(end).then(() => holder.end()));
    this.#holds.push(letGo);
    return letGo;
  }

  /** Releases all locks: a test that fails must not hold up the next one. */
  async letGo(): Promise<void> {
    await Promise.all(this.#holds.splice(0).map((letGo) => letGo()));
  }

  /** Resolves once so many statements wait for locks: nodes that have just started take their time. */
  async waitsForLock(count = 1): Promise<void> {
    await vi.waitUntil(async () => {
      const waiting = await this.database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length >= count;
    }, patient);
  }

  /** Ends statements that wait for a lock: those of a node that has died go on otherwise. */
  async endOtherWaits(): Promise<void> {
    await this.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
  }

  /** A text that must not be stored, logged or answered. */
  keepSecret(secret: string): void {
    this.#secrets.add(secret);
  }

  /**
   * Nothing secret was logged, stored, or answered but where it belongs.
   *
   * @param databaseUrl of another database than the world's own, where nodes have used one
   */
  async expectSecretsKept(databaseUrl = this.database.url): Promise<void> {
    const secrets = [...this.#secrets, this.encryptionKey];
    const tokens = this.nodes.flatMap((node) => [...node.tokens]);
    const logged = this.nodes.map(({ output }) => output).join('\n');
    const answered = this.nodes.flatMap(({ answers }) => answers).join('\n');
    const stored = await dump(databaseUrl);
    expectNoneOf([...secrets, ...tokens], 'logged', logged);
    expectNoneOf([...secrets, ...tokens], 'stored', stored);
    expectNoneOf(secrets, 'answered', answered);
  }

  /** No secret and no token is in a text that the nodes have sent elsewhere. */
  expectNoSecretIn(text: string): void {
    const tokens = this.nodes.flatMap((node) => [...node.tokens]);
    expectNoneOf([...this.#secrets, this.encryptionKey, ...tokens], 'sent', text);
  }
}

function expectNoneOf(secrets: string[], where: string, text: string): void {
  const leaked = secrets.find((secret) => text.includes(secret));
  if (leaked !== undefined) expect.unreachable(`a secret was ${where}: ${excerpt(text, leaked)}`);
}

/** A database with the schema of this version, and without users. */
export function createMigratedDatabase(): Promise<TestDatabase> {
  return TestDatabase.create(inject('postgresUrl'), `TEMPLATE ${inject('templateDatabase')}`);
}

/** The world of a test file. At its end nothing secret may have leaked. */
export function useWorld(): World {
  const world = new World();
  beforeAll(async () => {
    world.database = await createMigratedDatabase();
    world.emulator = await createEmulator({ apps });
  });
  let nodesBefore = 0;
  beforeEach(async () => {
    nodesBefore = world.nodes.length;
    await world.control('POST', '/reset');
  });
  afterEach(async () => {
    await world.letGo();
    // What a test started for itself has nothing to do any more: idle nodes poll, too.
    await Promise.all(world.nodes.slice(nodesBefore).map((node) => node.stop()));
  });
  afterAll(async () => {
    try {
      await Promise.all(world.nodes.map((node) => node.stop()));
      await world.expectSecretsKept();
    } finally {
      await world.emulator.close();
      rmSync(world.avatars, { recursive: true });
      await Promise.all([world.database, ...world.otherDatabases].map((database) => database.drop()));
    }
  });
  return world;
}

/** Where a secret stands, without it. */
function excerpt(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return `${text.slice(Math.max(0, at - 200), at)}***`;
}
