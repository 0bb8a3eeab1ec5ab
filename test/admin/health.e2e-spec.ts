import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const exchange = '/sns/jscode2session';
const parts = ['database', 'migrations', 'signingKey', 'revocations'];

describe('GET /admin/health', () => {
  const world = useWorld();
  let node: ServiceNode;
  let token: string;
  const read = (where = node) => where.as(token, 'GET', '/admin/health');

  beforeAll(async () => {
    node = await world.startNode({ DATABASE_POOL_SIZE: '7', RATE_LIMIT_LOGIN: '0' });
    ({ accessToken: token } = await world.createAdmin(node));
  });

  it('tells an admin that the node is ready, what it runs, and since when', async () => {
    const { status, headers, body } = await read();
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      isReady: true,
      parts: parts.map((name) => ({ name, fault: null })),
      missingMigrations: [],
      version,
      nodeVersion: process.version,
      hostname: hostname(),
      pool: { max: 7, busy: expect.any(Number), idle: expect.any(Number), waiting: 0 },
      revocations: { remembered: expect.any(Number), ageSeconds: expect.any(Number) },
    });
    expect(Date.parse(body.startedAt)).toBeLessThan(Date.now());
    expect(Date.parse(body.startedAt) + body.uptimeSeconds * 1_000).toBeGreaterThan(Date.now() - 120_000);
  });

  it('names what keeps the node from its work, and why', async () => {
    const [last] = await world.database.query<{ name: string; timestamp: string }>(
      'DELETE FROM weapp_auth_migrations WHERE id = (SELECT max(id) FROM weapp_auth_migrations) RETURNING name, timestamp',
    );
    try {
      await expect
        .poll(async () => (await read()).body)
        .toMatchObject({
          isReady: false,
          parts: parts.map((name) => ({
            name,
            fault: name === 'migrations' ? 'A migration is missing.' : null,
          })),
          missingMigrations: [last!.name],
        });
    } finally {
      await world.database.query('INSERT INTO weapp_auth_migrations (name, timestamp) VALUES ($1, $2)', [
        last!.name,
        last!.timestamp,
      ]);
    }
    await expect.poll(async () => (await read()).body.isReady).toBe(true);
  });

  it("tells of each interface of WeChat's whether the node calls it, and how old its access_token is", async () => {
    const other = await world.startNode({ RATE_LIMIT_LOGIN: '0' });
    const { body: user } = await world.login(other, 'dora');
    await other.as(user.accessToken, 'GET', '/me/session-key');
    const stateOf = (body: any) => body.breakers.find(({ api }: any) => api === exchange);
    const { body } = await read(other);
    expect(stateOf(body)).toEqual({ appid: tea.appid, api: exchange, isOpen: false });
    expect(body.wechatTokens).toEqual([{ appid: tea.appid, ageSeconds: expect.any(Number) }]);
    await world.fault({ body: 'html', times: 1_000 });
    for (let call = 0; call < 10; call += 1) await world.login(other, 'dora');
    expect(stateOf((await read(other)).body)).toEqual({ appid: tea.appid, api: exchange, isOpen: true });
  });

  it('tells when each background job has last ended, and when it has failed', async () => {
    await world.database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`,
    );
    await world.database.query(
      'CREATE TRIGGER refuse BEFORE DELETE ON scans FOR EACH STATEMENT EXECUTE FUNCTION refuse()',
    );
    try {
      const other = await world.startNode();
      const jobOf = async (name: string) =>
        (await read(other)).body.jobs.find((job: { name: string }) => job.name === name);
      await expect
        .poll(() => jobOf('scans'))
        .toEqual({
          name: 'scans',
          lastSuccessAt: null,
          lastFailureAt: expect.stringMatching(/Z$/),
          lastDurationSeconds: expect.any(Number),
          failures: expect.any(Number),
        });
      expect(await jobOf('login codes')).toMatchObject({
        lastSuccessAt: expect.stringMatching(/Z$/),
        lastFailureAt: null,
        failures: 0,
      });
    } finally {
      await world.database.query('DROP FUNCTION refuse CASCADE');
    }
  });

  it('is for admins alone', async () => {
    const { body } = await world.login(node, 'somebody');
    expect((await node.as(body.accessToken, 'GET', '/admin/health')).body.code).toBe('forbidden');
    expect((await node.get('/admin/health')).body.code).toBe('token_missing');
  });
});
