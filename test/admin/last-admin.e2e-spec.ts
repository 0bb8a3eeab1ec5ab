import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, tea, useWorld } from '../harness/world.js';

describe('the last admin', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let adminName: string;
  let operator: { id: string; accessToken: string };
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });
  beforeEach(async () => {
    await world.database.query(`UPDATE users SET roles = '{}'`);
    adminName = `operator-${randomUUID()}`;
    operator = await admin(adminName);
  });

  type Admin = typeof operator;
  const as = ({ accessToken }: Admin, method: string, path: string, body?: unknown, on = node) =>
    on.as(accessToken, method, `/admin/users/${path}`, body);
  /** Another admin, signed in. */
  async function admin(name: string): Promise<Admin> {
    const { id } = (await world.login(node, name)).body.user;
    await world.database.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [id]);
    return { id, accessToken: (await world.login(node, name)).body.accessToken };
  }
  const admins = () =>
    world.database.query(`SELECT id FROM users WHERE status = 'active' AND 'admin' = ANY (roles)`);
  const refused = {
    status: 403,
    body: { code: 'forbidden', detail: expect.stringContaining('last admin') },
  };

  const ways: [string, (id: string) => [string, string, unknown?]][] = [
    ['disable', (id) => ['PATCH', id, { status: 'disabled' }]],
    ['disable for a while', (id) => ['PATCH', id, { status: 'disabled', until: '2999-01-01T00:00:00Z' }]],
    ['demote', (id) => ['PATCH', id, { roles: ['editor'] }]],
    ['demote and disable', (id) => ['PATCH', id, { roles: [], status: 'disabled' }]],
    ['erase', (id) => ['DELETE', id]],
  ];

  it.each(ways)('cannot %s themself, and goes on as before', async (_, call) => {
    expect(await as(operator, ...call(operator.id))).toMatchObject(refused);
    expect(await admins()).toEqual([{ id: operator.id }]);
    expect((await as(operator, 'GET', operator.id)).body).toMatchObject({ status: 'active', eraseAt: null });
  });

  it.each(ways)('can %s themself once there is another admin', async (_, call) => {
    const second = await admin('anna');
    expect((await as(operator, ...call(operator.id))).status).toBeLessThan(300);
    expect(await admins()).toEqual([{ id: second.id }]);
  });

  it.each(['disabled', 'deleting'])('is the last one beside an admin who is %s', async (status) => {
    const second = await admin(`bert-${status}`);
    await world.database.query('UPDATE users SET status = $2 WHERE id = $1', [second.id, status]);
    expect(await as(operator, 'PATCH', operator.id, { roles: [] })).toMatchObject(refused);
  });

  it('can take and give other roles', async () => {
    const { body } = await as(operator, 'PATCH', operator.id, { roles: ['editor', 'admin'] });
    expect(body.roles).toEqual(['editor', 'admin']);
  });

  it.each(ways)('is left if two %s each other at the same time, ten times', async (way, call) => {
    for (let round = 0; round < 10; round += 1) {
      await world.database.query(`UPDATE users SET roles = '{}'`);
      const [one, two] = [await admin(`carl-${way}-${round}`), await admin(`dora-${way}-${round}`)];
      const answers = await Promise.all([as(one, ...call(two.id)), as(two, ...call(one.id), other)]);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
      expect(await admins()).toHaveLength(1);
    }
  });

  describe('and a merge', () => {
    const stranger = async (name: string): Promise<string> =>
      (await world.login(node, name, alone.appid)).body.user.id;
    const merge = (from: string, into: string) => as(operator, 'POST', `${from}/merge`, { into });
    const refusedMerge = {
      status: 409,
      body: { code: 'merge_refused', detail: expect.stringContaining('admin') },
    };

    it('cannot be merged into a user without the role, but such a user can be merged into the last admin', async () => {
      const id = await stranger('emil');
      expect(await merge(operator.id, id)).toMatchObject(refusedMerge);
      expect(await admins()).toEqual([{ id: operator.id }]);
      expect((await merge(id, operator.id)).status).toBe(200);
      expect(await admins()).toEqual([{ id: operator.id }]);
    });

    it('takes over no ban', async () => {
      const id = await stranger('fred');
      await as(operator, 'PATCH', id, { status: 'disabled' });
      expect(await merge(id, operator.id)).toMatchObject(refusedMerge);
      expect(await admins()).toEqual([{ id: operator.id }]);
    });

    it('can be merged once there is another admin', async () => {
      const second = await admin('gina');
      const id = await stranger('hans');
      expect((await merge(second.id, id)).status).toBe(200);
      expect(await admins()).toEqual([{ id: operator.id }]);
    });
  });

  it('may delete their account as every user may: it is their right, and they can take it back in time', async () => {
    expect((await node.as(operator.accessToken, 'DELETE', '/me')).status).toBe(202);
    expect(await admins()).toEqual([]);
    const back: Answer = await node.login({
      code: await world.code(adminName),
      appid: tea.appid,
      restore: true,
    });
    expect(back.body.user.roles).toEqual(['admin']);
  });

  it.each([
    ['admin:revoke', (id: string) => ['--user', id]],
    ['users:erase', (id: string) => [id]],
  ])('can be taken away by %s at the command line, which says that nobody is left', async (name, options) => {
    const { code, stderr } = await runCommand(name, options(operator.id), world.environment());
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^Nobody can use \/admin .*admin:grant/),
    });
    expect(await admins()).toEqual([]);
  });

  it('is not missed by a command that takes another role, or the role from one of two', async () => {
    const second = await admin('ida');
    for (const [name, ...options] of [
      ['admin:revoke', '--user', operator.id, '--role', 'editor'],
      ['admin:revoke', '--user', second.id],
    ] as const) {
      expect(await runCommand(name, options, world.environment())).toMatchObject({ code: 0, stderr: '' });
    }
  });
});
