import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Postgres, removePostgres, startPostgres } from '../local/postgres.js';
import type { Answer, ServiceNode } from './harness/node.js';
import { useWorld } from './harness/world.js';

describe('when Postgres', () => {
  const world = useWorld();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-restart-'));
  let postgres: Postgres;
  let node: ServiceNode;

  beforeAll(async () => {
    postgres = await startPostgres({ dataDirectory });
    node = await world.startNode({ DATABASE_URL: postgres.url('postgres') });
  });
  afterAll(async () => {
    await postgres.stop();
    removePostgres(dataDirectory);
  });

  async function query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    const client = new Client({ connectionString: postgres.url('postgres') });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  it.each(['fast', 'immediate'] as const)(
    'stops (%s) and starts under load: 503 meanwhile, recovery by itself, and no login that was answered is lost',
    async (mode) => {
      const answers: Answer[] = [];
      const load = { stopped: false };
      const phones = Array.from({ length: 8 }, async (_, phone) => {
        for (let round = 0; !load.stopped; round += 1) {
          answers.push(await world.login(node, `${mode}-${phone}-${round % 5}`));
        }
      });
      const succeeded = () => answers.filter(({ status }) => status === 200).length;
      const refused = () => answers.filter(({ status }) => status === 503).length;

      await expect.poll(succeeded).toBeGreaterThan(50);
      await postgres.stop(mode);
      await expect.poll(refused).toBeGreaterThan(20);
      expect(await node.get('/health/ready')).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { code: 'database_unavailable', details: { database: { status: 'down' } } },
      });
      expect((await node.get('/health/live')).status).toBe(200);

      postgres = await startPostgres({ dataDirectory, port: postgres.port });
      const before = succeeded();
      await expect.poll(succeeded, { timeout: 10_000 }).toBeGreaterThan(before + 50);
      load.stopped = true;
      await Promise.all(phones);
      expect((await node.get('/health/ready')).status).toBe(200);

      const others = answers.filter(({ status }) => status !== 200);
      expect(others.map(({ body }) => body.code)).toEqual(Array(others.length).fill('database_unavailable'));
      expect(others.every(({ headers }) => headers['retry-after'] === '1')).toBe(true);
      const sessions = answers
        .filter(({ status }) => status === 200)
        .map(({ body }) => decodeJwt(body.accessToken)['sid']);
      const [kept] = await query<{ count: number }>(
        'SELECT count(*)::integer AS count FROM sessions WHERE id = ANY ($1)',
        [sessions],
      );
      expect(kept!.count).toBe(sessions.length);
    },
  );

  it('has no connection free for long, a login is answered with 503 instead of waiting for ever', async () => {
    const { body } = await world.login(node, 'locked');
    const holder = new Client({ connectionString: postgres.url('postgres') });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [body.user.id]);
    const answer = await world.login(node, 'locked');
    expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    await holder.query('ROLLBACK');
    await holder.end();
    expect((await world.login(node, 'locked')).status).toBe(200);
  });
});
