import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { ServiceNode } from '../harness/node.js';
import { WebhookReceiver } from '../harness/webhook-receiver.js';
import { useWorld } from '../harness/world.js';

describe('npm run webhooks:replay', () => {
  const world = useWorld();
  let receiver: WebhookReceiver;
  let node: ServiceNode;
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    world.keepSecret(receiver.secret);
    node = await world.startNode({ WEBHOOKS: receiver.setting('user.created', 'user.updated') });
  });
  afterAll(() => receiver.close());

  const replay = (...options: string[]) =>
    runCommand('webhooks:replay', options, world.environment({ WEBHOOKS: receiver.setting() }));

  it('sends again what was delivered or given up since a time, under the same id and in the same order', async () => {
    const before = await world.login(node, 'anna');
    const login = await world.login(node, 'bert');
    for (const nickname of ['B', 'Bert']) await node.as(login.body.accessToken, 'PATCH', '/me', { nickname });
    await expect.poll(() => receiver.received).toHaveLength(4);
    const settled = 'SELECT FROM webhook_messages WHERE settled_at IS NOT NULL';
    await expect.poll(() => world.database.query(settled)).toHaveLength(4);
    const sent = receiver.received.filter(({ data }) => data.userId === login.body.user.id);
    await world.database.query(`UPDATE webhook_messages SET attempts = 33 WHERE user_id = $1`, [
      login.body.user.id,
    ]);
    await world.database.query(
      `UPDATE webhook_messages SET created_at = now() - interval '1 hour' WHERE user_id = $1`,
      [before.body.user.id],
    );
    receiver.received.length = 0;

    const since = new Date(Date.now() - 1_800_000).toISOString();
    expect(await replay('--since', since)).toEqual({
      code: 0,
      stdout: '3 messages are sent again, the oldest first.\n',
      stderr: '',
    });
    await expect.poll(() => receiver.received).toHaveLength(3);
    expect(receiver.received.map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
    expect(receiver.received.map(({ text }) => text)).toEqual(sent.map(({ text }) => text));
  });

  it('sends at once what waits for the next attempt', async () => {
    receiver.received.length = 0;
    receiver.answer = (response) => void response.writeHead(500).end();
    await world.login(node, 'carl');
    await expect.poll(() => receiver.received).toHaveLength(1);
    await world.database.query(
      `UPDATE webhook_messages SET due_at = now() + interval '1 hour' WHERE settled_at IS NULL`,
    );
    receiver.answer = (response) => void response.writeHead(204).end();
    await replay('--since', receiver.received[0]!.timestamp);
    await expect.poll(() => receiver.received).toHaveLength(2);
  });

  it('sends nothing of a user before a message of theirs that is on its way, so that they stay in order', async () => {
    const { accessToken, user } = (await world.login(node, 'dora')).body;
    await node.as(accessToken, 'PATCH', '/me', { nickname: 'Dora' });
    const settled = 'SELECT FROM webhook_messages WHERE user_id = $1 AND settled_at IS NOT NULL';
    await expect.poll(() => world.database.query(settled, [user.id])).toHaveLength(2);
    // As if another node were sending it.
    const [onItsWay] = await world.database.query<{ dueAt: string }>(
      `UPDATE webhook_messages SET settled_at = NULL, due_at = now() + interval '30 seconds'
       WHERE user_id = $1 AND type = 'user.updated' RETURNING due_at::text AS "dueAt"`,
      [user.id],
    );
    await replay('--since', receiver.received.at(-2)!.timestamp);
    const messages = await world.database.query(
      'SELECT type, due_at >= $2::timestamptz AS waits FROM webhook_messages WHERE user_id = $1 ORDER BY id',
      [user.id, onItsWay!.dueAt],
    );
    expect(messages).toEqual([
      { type: 'user.created', waits: true },
      { type: 'user.updated', waits: true },
    ]);
  });

  it('goes through thousands of messages', async () => {
    await world.database.query(
      `INSERT INTO webhook_messages (message_id, webhook, user_id, type, data, settled_at)
       SELECT gen_random_uuid(), 'https://old.example.com', gen_random_uuid(), 'user.updated', '{}', now() FROM generate_series(1, 2500)`,
    );
    const { stdout } = await replay('--since', new Date(Date.now() - 600_000).toISOString());
    expect(Number.parseInt(stdout, 10)).toBeGreaterThanOrEqual(2_500);
    expect(
      await world.database.query(
        "SELECT FROM webhook_messages WHERE settled_at IS NOT NULL AND webhook LIKE '%old%'",
      ),
    ).toEqual([]);
  });

  it('says what is wrong', async () => {
    const [none, day, impossible, nothing] = await Promise.all([
      replay(),
      replay('--since', '2026-11-21'),
      replay('--since', '2026-02-30T00:00:00Z'),
      replay('--since', '2999-01-01T00:00:00Z'),
    ]);
    for (const result of [none, day, impossible]) {
      expect(result).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Usage: weapp-auth webhooks:replay'),
      });
    }
    expect(nothing).toEqual({ code: 0, stdout: 'There is no message since then.\n', stderr: '' });
  });
});
