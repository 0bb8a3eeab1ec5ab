import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { soon, useWorld } from '../harness/world.js';

describe('the limit on sessions: MAX_SESSIONS_PER_USER', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });

  const sessionOf = (login: Answer) => decodeJwt(login.body.accessToken)['sid'] as string;

  async function loginsOf(user: string, count: number): Promise<Answer[]> {
    const logins: Answer[] = [];
    for (let login = 0; login < count; login += 1) logins.push(await world.login(node, user));
    return logins;
  }

  const liveOf = (login: Answer) =>
    world.database.count(`sessions WHERE user_id = '${login.body.user.id}' AND ended_at IS NULL`);

  it('ends the oldest live sessions of a user beyond it on every node, says why, and writes it into the audit', async () => {
    const surplus = await loginsOf('anna', 5);
    const [first, second, third, ...kept] = surplus as [Answer, Answer, Answer, ...Answer[]];
    await node.as(third.body.accessToken, 'POST', '/auth/logout');
    const [atLimit] = (await loginsOf('bert', 3)) as [Answer];

    // JobRunner begins when a node starts.
    await world.startNode({ MAX_SESSIONS_PER_USER: '3' });
    await expect.poll(() => liveOf(first)).toBe(3);
    const ended = { status: 401, body: { code: 'session_revoked', reason: 'signed_out' } };
    await expect.poll(() => node.me(first.body.accessToken), soon).toMatchObject(ended);
    expect(await node.refresh(first.body.refreshToken)).toMatchObject(ended);
    for (const { body } of [second, ...kept]) expect((await node.me(body.accessToken)).status).toBe(200);
    expect(await liveOf(atLimit), 'who has as many').toBe(3);
    expect(
      await world.database.query(
        `SELECT actor, user_id, session_id FROM audit_events WHERE action = 'session.ended_over_limit'`,
      ),
    ).toEqual([{ actor: 'service', user_id: first.body.user.id, session_id: sessionOf(first) }]);
  });

  it('is applied in batches, however many sessions each user has', async () => {
    const users = 40;
    await world.database.query(
      `INSERT INTO users (id) SELECT ('019f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid
       FROM generate_series(1, ${users}) AS n`,
    );
    // From none to 117 each, and one with as many as a whole page of the walk.
    await world.database.query(
      `INSERT INTO sessions (id, user_id, client_id, session_epoch, refresh_hash, created_at, expires_at)
       SELECT gen_random_uuid(), users.id, 'wx', users.session_epoch, '', now() - make_interval(mins => age),
         now() + interval '1 day'
       FROM users, generate_series(1, 6000) AS age
       WHERE users.id::text LIKE '019f0000%'
         AND age <= CASE WHEN users.id::text LIKE '%20' THEN 6000 ELSE 3 * (right(users.id::text, 2)::integer - 1) END`,
    );
    await world.startNode({ MAX_SESSIONS_PER_USER: '50' });
    const counts = () =>
      world.database.query(
        `SELECT right(users.id::text, 2)::integer AS number, count(sessions.id)::integer AS live,
           coalesce(max(now() - sessions.created_at) < interval '1 hour', true) AS "areNewest"
         FROM users LEFT JOIN sessions ON sessions.user_id = users.id AND ended_at IS NULL
         WHERE users.id::text LIKE '019f0000%' GROUP BY users.id ORDER BY users.id`,
      );
    await expect.poll(counts).toEqual(
      Array.from({ length: users }, (_, index) => ({
        number: index + 1,
        live: index + 1 === 20 ? 50 : Math.min(50, 3 * index),
        areNewest: true,
      })),
    );
  });
});
