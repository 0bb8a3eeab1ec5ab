import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { soon, useWorld } from '../harness/world.js';

describe('session revocation: what is revoked', () => {
  const world = useWorld();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-revocation-'));
  let postgres: Postgres;
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    postgres = await startPostgres({ dataDirectory });
    const settings = { DATABASE_URL: postgres.url('postgres') };
    node = await world.startNode(settings);
    other = await world.startNode(settings);
  });
  afterAll(async () => {
    await postgres.stop();
    removePostgres(dataDirectory);
  });

  const startNode = (changes = {}) => world.startNode({ DATABASE_URL: postgres.url('postgres'), ...changes });
  const logout = (where: ServiceNode, login: Answer) =>
    where.as(login.body.accessToken, 'POST', '/auth/logout');
  const ended = { status: 401, body: { code: 'session_revoked', reason: 'signed_out' } };
  /** What the guard answers: the handler behind it needs the database, too, and has words of its own. */
  const unknown = {
    status: 503,
    headers: { 'retry-after': '1' },
    body: {
      code: 'database_unavailable',
      detail: expect.stringContaining('whether the session goes on'),
    },
  };

  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: postgres.url('postgres') });
    await client.connect();
    client.on('error', () => {});
    return client;
  }

  it('is known to a node that starts late', async () => {
    const login = await world.login(node, 'anna');
    await logout(node, login);
    const latecomer = await startNode();
    expect(await latecomer.me(login.body.accessToken)).toMatchObject(ended);
  });

  it('is learnt although its transaction committed after others that began later', async () => {
    const [slow, fast] = [await world.login(node, 'bert'), await world.login(node, 'bert')];
    const writer = await connect();
    await writer.query('BEGIN');
    await writer.query(
      `INSERT INTO revocations (transaction_id, user_id, minimum_version, reason, expires_at)
       VALUES (pg_current_xact_id()::text::bigint, $1, 2, 'kicked', now() + interval '1 hour')`,
      [slow.body.user.id],
    );
    for (let round = 0; round < 3; round += 1) await logout(node, await world.login(node, 'somebody'));
    await logout(node, fast);
    await expect.poll(() => other.me(fast.body.accessToken), soon).toMatchObject(ended);
    expect((await other.me(slow.body.accessToken)).status).toBe(200);
    await writer.query('COMMIT');
    await writer.end();
    const kicked = { status: 401, body: { code: 'session_revoked', reason: 'kicked' } };
    for (const each of [node, other]) {
      await expect.poll(() => each.me(slow.body.accessToken), soon).toMatchObject(kicked);
    }
  });

  it('is known to a node that was stopped meanwhile, from its first answer on', async () => {
    const login = await world.login(node, 'carl');
    expect((await other.me(login.body.accessToken)).status).toBe(200);
    other.signal('SIGSTOP');
    onTestFinished(() => other.signal('SIGCONT'));
    await logout(node, login);
    const waiting = Array.from({ length: 5 }, () => other.me(login.body.accessToken));
    // Longer than a node believes what it knew: the one moment in which only time itself can be waited for.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    other.signal('SIGCONT');
    for (const answer of await Promise.all(waiting)) {
      expect(['session_revoked', 'database_unavailable']).toContain(answer.body.code);
    }
    await expect.poll(() => other.me(login.body.accessToken), soon).toMatchObject(ended);
  });

  it('is learnt after Postgres was restarted between a logout and the next poll', async () => {
    const [over, good] = [await world.login(node, 'dora'), await world.login(node, 'dora')];
    other.signal('SIGSTOP');
    expect((await logout(node, over)).status).toBe(204);
    await postgres.stop('immediate');
    other.signal('SIGCONT');
    // What is not known is refused: nobody gets in on what was known before.
    await expect.poll(() => other.me(good.body.accessToken)).toMatchObject(unknown);
    expect(await other.me(over.body.accessToken)).toMatchObject(unknown);
    postgres = await startPostgres({ dataDirectory, port: postgres.port });
    for (const each of [node, other]) {
      const seen: number[] = [];
      await expect
        .poll(async () => {
          seen.push((await each.me(over.body.accessToken)).status);
          return (await each.me(good.body.accessToken)).status;
        })
        .toBe(200);
      expect(seen).not.toContain(200);
      expect(await each.me(over.body.accessToken)).toMatchObject(ended);
    }
  });

  it('is admitted not to be known by a node that is cut off, within a second, and known again afterwards', async () => {
    const cutOff = await startNode({ DATABASE_POOL_SIZE: '1' });
    const [over, good] = [await world.login(node, 'emil'), await world.login(node, 'emil')];
    expect((await cutOff.me(over.body.accessToken)).status).toBe(200);
    const blocker = await connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE revocations IN ACCESS EXCLUSIVE MODE');
    await expect.poll(() => cutOff.me(good.body.accessToken)).toMatchObject(unknown);
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: 200 }, () => cutOff.me(good.body.accessToken)));
    expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(503));
    expect(performance.now() - began, 'each waits half a second at most, and none for another').toBeLessThan(
      100_000,
    );
    await blocker.query('ROLLBACK');
    await blocker.end();
    await expect.poll(() => cutOff.me(good.body.accessToken)).toMatchObject({ status: 200 });
    await logout(node, over);
    await expect.poll(() => cutOff.me(over.body.accessToken), soon).toMatchObject(ended);
  });

  it('is known although all connections of a node wait for a locked row', async () => {
    const narrow = await startNode({ DATABASE_POOL_SIZE: '2' });
    const [login, bystander] = [await world.login(narrow, 'felix'), await world.login(narrow, 'flora')];
    const blocker = await connect();
    await blocker.query('BEGIN');
    await blocker.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [login.body.user.id]);
    // Within its transaction, the blocker would see what it saw first.
    const observer = await connect();
    const stuck = Array.from({ length: 3 }, () => world.login(narrow, 'felix'));
    await expect
      .poll(
        async () =>
          (await observer.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).rows.length,
      )
      .toBeGreaterThanOrEqual(2);
    // For longer than a node believes what it knew.
    for (const until = performance.now() + 1_500; performance.now() < until;) {
      expect((await narrow.as(bystander.body.accessToken, 'GET', '/auth/verify')).status).toBe(204);
    }
    await blocker.query('ROLLBACK');
    await Promise.all([blocker.end(), observer.end()]);
    expect((await Promise.all(stuck)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('is remembered for as long as any node’s tokens live, also by nodes that are set to a shorter time', async () => {
    const database = await world.anotherDatabase();
    const start = (accessTokenTtl: number) =>
      world.startNode({ DATABASE_URL: database.url, ACCESS_TOKEN_TTL: String(accessTokenTtl) });
    const patient = await start(86_400);
    const [gone, all] = [await world.login(patient, 'fritz'), await world.login(patient, 'frida')];
    await patient.stop();
    // From here on no node knows of tokens that live longer than a minute.
    const writer = await start(60);
    await logout(writer, gone);
    await writer.as(all.body.accessToken, 'POST', '/auth/logout/all');
    await writer.stop();
    await database.query(
      `UPDATE revocations
       SET created_at = created_at - interval '23 hours', expires_at = expires_at - interval '23 hours'`,
    );
    // Once this one is gone, the jobs have run.
    const isOver = `session_id = '${gone.body.user.id}'`;
    await database.query(
      `INSERT INTO revocations (transaction_id, session_id, reason, created_at, expires_at)
       VALUES (1, $1, 'kicked', now() - interval '30 hours', now() - interval '5 hours')`,
      [gone.body.user.id],
    );
    const hasty = await start(60);
    await expect.poll(() => database.count(`revocations WHERE ${isOver}`)).toBe(0);
    const latecomer = await start(86_400);
    for (const each of [hasty, latecomer]) {
      expect(await each.me(gone.body.accessToken)).toMatchObject(ended);
      expect(await each.me(all.body.accessToken)).toMatchObject(ended);
    }
    await world.expectSecretsKept(database.url);
  });

  it('is known on nodes whose clocks differ by 30 s, and their tokens are good everywhere', async () => {
    const skew = (seconds: number) => ({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`
        const Real = Date;
        globalThis.Date = class extends Real {
          constructor(...given) { super(...(given.length > 0 ? given : [Real.now() + ${seconds * 1_000}])); }
          static now() { return Real.now() + ${seconds * 1_000}; }
        };`)}`,
    });
    const [ahead, behind] = await Promise.all([startNode(skew(15)), startNode(skew(-15))]);
    const logins = [await world.login(ahead, 'fred'), await world.login(behind, 'fred')];
    for (const login of logins) {
      for (const each of [ahead, behind]) {
        expect((await each.me(login.body.accessToken)).status).toBe(200);
        expect((await each.refresh(login.body.refreshToken)).status).toBe(200);
      }
    }
    const [one, two] = logins as [Answer, Answer];
    await logout(behind, one);
    await expect.poll(() => ahead.me(one.body.accessToken), soon).toMatchObject(ended);
    await ahead.as(two.body.accessToken, 'POST', '/auth/logout/all');
    const after = await world.login(behind, 'fred');
    await expect.poll(() => behind.me(two.body.accessToken), soon).toMatchObject(ended);
    for (const each of [ahead, behind]) expect((await each.me(after.body.accessToken)).status).toBe(200);
  });

  it('is learnt from another server that takes the place of the first', async () => {
    const login = await world.login(node, 'gina');
    const client = await connect();
    await client.query(
      `INSERT INTO revocations (transaction_id, user_id, minimum_version, reason, expires_at)
       VALUES (1, $1, 2, 'kicked', now() + interval '1 hour')`,
      [login.body.user.id],
    );
    await client.end();
    // As after a restore, its transaction ids are lower than those that the node has seen.
    await postgres.stop('fast');
    await expect.poll(() => other.me(login.body.accessToken)).toMatchObject(unknown);
    postgres = await startPostgres({ dataDirectory, port: postgres.port });
    const kicked = { status: 401, body: { code: 'session_revoked', reason: 'kicked' } };
    await expect.poll(() => other.me(login.body.accessToken)).toMatchObject(kicked);
  });

  it('holds nothing secret after all this', async () => {
    await world.expectSecretsKept(postgres.url('postgres'));
  });
});
