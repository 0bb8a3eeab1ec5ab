import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { WebhookReceiver } from '../harness/webhook-receiver.js';
import { useWorld } from '../harness/world.js';

const users = 60;
/** Changes of each user's nickname. */
const changes = 4;

describe('the books of a run with two kills', () => {
  const world = useWorld();
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    world.keepSecret(receiver.secret);
  });
  afterAll(() => receiver.close());

  it('agree: whatever the service has confirmed has arrived, in the order of each user', async () => {
    const start = () => world.startNode({ WEBHOOKS: receiver.setting() });
    const nodes: ServiceNode[] = await Promise.all([start(), start()]);
    /** The books of this side: what each user did, and the service confirmed. */
    const confirmed = new Map<string, number>();
    let steps = 0;

    /** Any request may fail while a node is away: then the user tries the other one. */
    async function attempt(call: (node: ServiceNode) => Promise<number>): Promise<void> {
      for (let tries = 0; ; tries += 1) {
        steps += 1;
        const status = await call(nodes[(steps + tries) % 2]!).catch(() => 0);
        if (status >= 200 && status < 300) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    async function live(user: string): Promise<void> {
      let id = '';
      let token = '';
      await attempt(async (node) => {
        const { status, body } = await world.login(node, user);
        if (status === 200) [id, token] = [body.user.id, body.accessToken];
        return status;
      });
      confirmed.set(id, 0);
      for (let change = 1; change <= changes; change += 1) {
        await attempt(
          async (node) => (await node.as(token, 'PATCH', '/me', { nickname: `${user} ${change}` })).status,
        );
        confirmed.set(id, change);
      }
    }

    /** Kills a node while a part of what happens is told, and starts another one in its place. */
    async function replace(index: number, afterSteps: number): Promise<void> {
      await expect.poll(() => steps, { interval: 5 }).toBeGreaterThan(afterSteps);
      await nodes[index]!.stop('SIGKILL');
      nodes[index] = await start();
    }

    const lives = Array.from({ length: users }, (_, index) => `user ${index}`);
    const queue = [...lives];
    const workers = Array.from({ length: 6 }, async () => {
      for (let user = queue.shift(); user !== undefined; user = queue.shift()) await live(user);
    });
    await replace(0, (users * changes) / 4);
    await replace(1, (users * changes) / 2);
    await Promise.all(workers);

    // Both killed nodes had messages in hand, for half a minute: it has passed.
    await expect
      .poll(
        async () => {
          await world.database.query(
            `UPDATE webhook_messages SET due_at = now() WHERE settled_at IS NULL AND due_at < now() + interval '29 seconds'`,
          );
          return world.database.query('SELECT FROM webhook_messages WHERE settled_at IS NULL');
        },
        { interval: 1_000 },
      )
      .toEqual([]);

    expect(confirmed.size).toBe(users);
    // The books of the other side. A request whose answer was lost may have been done twice.
    for (const [id, count] of confirmed) {
      const [first, second, ...others] = receiver.about(id);
      expect([first, second]).toEqual(['user.created', 'identity.linked']);
      expect(new Set(others)).toEqual(new Set(['user.updated']));
      expect(others.length).toBeGreaterThanOrEqual(count);
    }
    // And what has arrived is what the database has, nothing else: each message once or more.
    const written = await world.database.query<{ id: string }>(
      'SELECT message_id AS id FROM webhook_messages ORDER BY id',
    );
    const arrived = new Set(receiver.received.map(({ id }) => id));
    expect(arrived).toEqual(new Set(written.map(({ id }) => id)));
    expect(receiver.received.length).toBeGreaterThanOrEqual(arrived.size);
  });
});
