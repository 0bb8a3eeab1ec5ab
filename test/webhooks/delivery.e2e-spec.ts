import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import { served } from '../harness/http-server.js';
import type { ServiceNode } from '../harness/node.js';
import { WebhookReceiver } from '../harness/webhook-receiver.js';
import { useWorld } from '../harness/world.js';

/** Messages that a node sends to a webhook at a time. */
const maxConcurrent = 10;

describe('the delivery to webhooks', () => {
  const world = useWorld();
  let receiver: WebhookReceiver;
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    world.keepSecret(receiver.secret);
  });
  afterEach(() => receiver.close());

  const start = (setting = receiver.setting()): Promise<ServiceNode> =>
    world.startNode({ WEBHOOKS: setting });

  /** So many messages for each of so many users, as transactions would have written them. */
  async function queue(users: number, messages = 1, to = receiver): Promise<string[]> {
    const ids = Array.from({ length: users }, () => randomUUID());
    await world.database.query(
      `INSERT INTO webhook_messages (message_id, webhook, user_id, type, data)
       SELECT gen_random_uuid(), $1, user_id, 'user.updated', jsonb_build_object('userId', user_id, 'number', number)
       FROM unnest($2::uuid[]) WITH ORDINALITY AS users (user_id, position), generate_series(1, $3) AS number
       ORDER BY number, position`,
      [to.url, ids, messages],
    );
    return ids;
  }

  const rows = (webhook = receiver.url) =>
    world.database.query<{ attempts: number; settled_at: Date | null; seconds: number }>(
      `SELECT attempts, settled_at, extract(epoch FROM due_at - now())::float AS seconds
       FROM webhook_messages WHERE webhook = $1 ORDER BY id`,
      [webhook],
    );

  /** What waits is due now, as if the time had passed. */
  const passTime = () =>
    world.database.query(
      'UPDATE webhook_messages SET due_at = now() WHERE webhook = $1 AND settled_at IS NULL',
      [receiver.url],
    );

  /** The same for what has failed once. What a node is sending is due in half a minute, if the node dies. */
  const passRetryTime = () =>
    world.database.query(
      `UPDATE webhook_messages SET due_at = now()
       WHERE webhook = $1 AND settled_at IS NULL AND due_at < now() + interval '6.3 seconds'`,
      [receiver.url],
    );

  const numbers = (userId: string): unknown[] =>
    receiver.received
      .filter(({ data }) => data.userId === userId)
      .map(({ data }) => (data as { number?: number }).number);

  /** An attempt has failed, and the message waits. On a slow machine, it may have been tried again by now. */
  async function expectFailed(node: ServiceNode, reason = ''): Promise<void> {
    await expect.poll(() => node.output).toContain(`does not take messages: ${reason}`);
    expect(await rows()).toMatchObject([{ settled_at: null }]);
  }

  it('waits while the receiver is down for an hour, and goes on when it is back', async () => {
    await receiver.close();
    const [user] = await queue(1, 3);
    const node = await start();
    for (const attempt of [1, 2, 11]) {
      await world.database.query(
        'UPDATE webhook_messages SET due_at = now(), attempts = $2 WHERE webhook = $1',
        [receiver.url, attempt - 1],
      );
      await expect
        .poll(async () => (await rows())[0]!)
        .toSatisfy(
          // On a slow machine, the next attempt may have been made by now.
          ({ attempts, settled_at: settled, seconds }) =>
            settled === null && attempts >= attempt && isRetryAfter(attempts)(seconds),
        );
    }
    expect(receiver.received).toEqual([]);
    await receiver.listen();
    await passTime();
    await expect.poll(() => numbers(user!)).toEqual([1, 2, 3]);
    expect(node.output).toContain('does not take messages: ECONNREFUSED');
    await expect.poll(() => node.output).toContain('takes messages again');
    // Some receivers have their secret in the path.
    expect(node.output).not.toContain(receiver.url);
  });

  it('sends again what was answered with an error, and nothing else of that user before', async () => {
    let answers = 0;
    receiver.answer = (response) => void response.writeHead(answers++ === 0 ? 500 : 204).end();
    const [user] = await queue(1, 2);
    const node = await start();
    await expect.poll(() => node.output).toContain('does not take messages: status 500');
    await expect
      .poll(async () => {
        await passRetryTime();
        return numbers(user!);
      })
      .toEqual([1, 1, 2]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(2);
    expect(receiver.received[0]!.id).toBe(receiver.received[1]!.id);
  });

  it('does not follow a redirect', async () => {
    let visits = 0;
    await served(
      createServer((_, response) => {
        visits += 1;
        response.end();
      }).listen(0, '127.0.0.1'),
      async (elsewhere) => {
        receiver.answer = (response) => void response.writeHead(307, { location: elsewhere }).end();
        await queue(1);
        const node = await start();
        await expectFailed(node, 'status 307');
        expect(visits).toBe(0);
      },
    );
  });

  it('does not count a response that breaks off', async () => {
    let answers = 0;
    receiver.answer = (response) => {
      answers += 1;
      if (answers > 1) {
        response.writeHead(204).end();
      } else {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half of', () => response.destroy());
      }
    };
    const [user] = await queue(1);
    const node = await start();
    await expectFailed(node);
    await passTime();
    await expect.poll(() => numbers(user!)).toHaveLength(2);
  });

  it('gives up a response that does not come within ten seconds, and delays no other webhook', async () => {
    const quick = await WebhookReceiver.start();
    world.keepSecret(quick.secret);
    receiver.answer = () => {};
    await queue(20);
    await queue(20, 1, quick);
    const node = await start(JSON.stringify([receiver.entry(), quick.entry()]));
    await expect.poll(() => quick.received).toHaveLength(20);
    expect(receiver.received.length).toBeLessThanOrEqual(maxConcurrent);
    await expect.poll(() => node.output).toContain('does not take messages: timed out');
    await quick.close();
  });

  it('gives up a message after a day, says so in the audit log, and goes on with the next', async () => {
    receiver.answer = (response, { data }) =>
      void response.writeHead((data as { number?: number }).number === 1 ? 500 : 204).end();
    const [user] = await queue(1, 2);
    await world.database.query(
      `UPDATE webhook_messages SET attempts = 32 WHERE webhook = $1 AND data ->> 'number' = '1'`,
      [receiver.url],
    );
    const node = await start();
    await expect.poll(() => numbers(user!)).toEqual([1, 2]);
    const admin: Admin = await world.createAdmin(node);
    const { body } = await node.as(
      admin.accessToken,
      'GET',
      `/admin/audit?action=webhook.undelivered&userId=${user}`,
    );
    expect(body.items).toMatchObject([
      {
        action: 'webhook.undelivered',
        actor: 'service',
        userId: user,
        details: {
          messageId: receiver.received[0]!.id,
          type: 'user.updated',
          webhook: new URL(receiver.url).origin,
          reason: 'status 500',
        },
      },
    ]);
    expect(body.items).toHaveLength(1);
  });

  it('happens though the node was killed between commit and delivery', async () => {
    const node = await start();
    receiver.answer = () => {};
    const login = await world.login(node, 'anna');
    await expect.poll(() => receiver.received).toHaveLength(1);
    await node.stop('SIGKILL');
    receiver.answer = (response) => void response.writeHead(204).end();
    await start();
    await passTime();
    await expect.poll(() => receiver.about(login.body.user.id)).toEqual(['user.created', 'identity.linked']);
    const [first, again] = receiver.received;
    expect(again!.id).toBe(first!.id);
  });

  it('leaves a message that a stopping node has not delivered to the next node at once', async () => {
    receiver.answer = () => {};
    const [user] = await queue(1, 2);
    const node = await start();
    await expect.poll(() => receiver.received).toHaveLength(1);
    expect(await node.stop()).toBe(0);
    receiver.answer = (response) => void response.writeHead(204).end();
    await start();
    await expect.poll(() => numbers(user!)).toEqual([1, 1, 2]);
  });

  it('has ten messages in hand however many wait', async () => {
    await queue(200);
    receiver.answer = () => {};
    const node = await start();
    await expect.poll(() => receiver.open).toBe(maxConcurrent);
    const taken = async () => (await rows()).filter(({ attempts }) => attempts > 0);
    expect(await taken()).toHaveLength(maxConcurrent);
    // What comes in beside them is answered, and the node takes no more.
    await Promise.all(['bert', 'carl', 'dora'].map((user) => world.login(node, user)));
    expect(await taken()).toHaveLength(maxConcurrent);
    await node.stop();

    receiver.answer = (response) => void response.writeHead(204).end();
    await start();
    const left = async () => (await rows()).filter((row) => row.settled_at === null).length;
    await expect.poll(left).toBe(0);
    expect(receiver.maxOpen).toBe(maxConcurrent);
  });

  it('goes through many messages of one user in their order', async () => {
    const [user] = await queue(1, 300);
    await start();
    await expect.poll(() => receiver.received).toHaveLength(300);
    expect(numbers(user!)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(receiver.maxOpen).toBe(1);
  });

  it('is shared by two nodes, and keeps the order of each user, though every fifth message fails once', async () => {
    const failed = new Set<string>();
    // Both nodes are at work: each has as many messages in hand as it may have.
    const held: (() => void)[] = [];
    let isOpen = false;
    receiver.answer = (response, { id }) => {
      const fails = receiver.received.length % 5 === 0 && !failed.has(id);
      if (fails) failed.add(id);
      const answer = () => void response.writeHead(fails ? 503 : 204).end();
      held.push(answer);
      isOpen ||= held.length === 2 * maxConcurrent;
      if (isOpen) for (const each of held.splice(0)) each();
    };
    const users = await queue(60, 5);
    await Promise.all([start(), start()]);
    const left = async () => {
      await passRetryTime();
      return (await rows()).filter(({ settled_at: settled }) => settled === null).length;
    };
    await expect.poll(left, { interval: 500 }).toBe(0);
    expect(failed.size).toBeGreaterThan(0);
    for (const user of users) {
      const order = [...new Set(numbers(user))];
      expect(order).toEqual([1, 2, 3, 4, 5]);
    }
    expect(receiver.maxOpen).toBe(2 * maxConcurrent);
  });
});

/** The delay after an attempt: 5 s, doubled each time, at most an hour, and a quarter more or less. */
function isRetryAfter(attempt: number): (seconds: number) => boolean {
  const delay = Math.min(5 * 2 ** (attempt - 1), 3_600);
  return (seconds) => seconds > delay * 0.75 - 5 && seconds <= delay * 1.25;
}
