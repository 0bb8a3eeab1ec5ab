import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import type { Admin } from '../harness/admin.js';
import { runCommand } from '../harness/command.js';
import { cancelDeletion, jobTimeout, makeErasureDue, requestDeletion } from '../harness/deletion.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { WebhookReceiver } from '../harness/webhook-receiver.js';
import { cake, tea, useWorld } from '../harness/world.js';

const idOf = (answer: Answer): string => answer.body.user.id;

describe('what webhooks are told', () => {
  const world = useWorld();
  let receiver: WebhookReceiver;
  let node: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    world.keepSecret(receiver.secret);
    node = await world.startNode({ WEBHOOKS: receiver.setting() });
    admin = await world.createAdmin(node);
  });
  afterAll(() => receiver.close());

  const created = ['user.created', 'identity.linked'];

  async function expectHeard(userId: string, types: string[]): Promise<void> {
    await expect.poll(() => receiver.about(userId), { interval: 50 }).toEqual(types);
  }

  it('is a first login: the user, and the identity', async () => {
    const login = await world.login(node, 'anna');
    await expectHeard(idOf(login), created);
    const [user, identity] = receiver.received.filter(({ data }) => data.userId === idOf(login));
    expect(user!.data).toEqual({ userId: idOf(login) });
    expect(identity!.data).toEqual({ userId: idOf(login), appid: tea.appid });
    expect(Date.parse(user!.timestamp)).toBeCloseTo(Date.parse(login.body.user.createdAt), -5);
    expect(user!.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });

  it('is not a login of a known user', async () => {
    const before = await world.database.count('webhook_messages');
    await world.login(node, 'bert');
    await world.login(node, 'bert');
    expect(await world.database.count('webhook_messages')).toBe(before + created.length);
  });

  it('is one user and one identity for ten first logins at once', async () => {
    const logins = await world.loginAtOnce(
      node,
      Array.from({ length: 10 }, () => 'ten'),
    );
    await expectHeard(idOf(logins[0]!), created);
    expect(
      await world.database.query(`SELECT FROM webhook_messages WHERE user_id = $1`, [idOf(logins[0]!)]),
    ).toHaveLength(2);
  });

  it('is an identity that a login adds to a user by the unionid', async () => {
    const login = await world.login(node, 'carl');
    await world.login(node, 'carl', cake.appid);
    await expectHeard(idOf(login), [...created, 'identity.linked']);
    expect(receiver.received.at(-1)!.data).toEqual({ userId: idOf(login), appid: cake.appid });
  });

  it('is an identity that the user links, and one that they unlink', async () => {
    await world.control('POST', '/users', { id: 'dora', unionid: false });
    const login = await world.login(node, 'dora');
    const as = (method: string, path: string, body?: unknown) =>
      node.as(login.body.accessToken, method, path, body);
    const linked = await as('POST', '/me/identities', {
      appid: cake.appid,
      code: await world.code('dora', cake.appid),
    });
    expect(linked.status).toBeLessThan(300);
    expect((await as('DELETE', `/me/identities/${cake.appid}`)).status).toBeLessThan(300);
    await expectHeard(idOf(login), [...created, 'identity.linked', 'identity.unlinked']);
  });

  it('is a change of nickname, avatar, phone number and roles', async () => {
    const login = await world.login(node, 'emil');
    const { accessToken } = login.body;
    await node.as(accessToken, 'PATCH', '/me', { nickname: 'Emil' });
    await expectHeard(idOf(login), [...created, 'user.updated']);

    const form = new FormData();
    const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: '#00ff00' } });
    form.append('file', new Blob([await picture.png().toBuffer()]), 'a.png');
    await fetch(new URL('/me/avatar', node.url), {
      method: 'PUT',
      headers: { authorization: `Bearer ${accessToken}` },
      body: form,
    });
    await expectHeard(idOf(login), [...created, 'user.updated', 'user.updated']);

    await world.control('POST', '/users', { id: 'emil', phone: '13800138001' });
    const { code } = await world.control('POST', '/wx/getPhoneNumber', { appid: tea.appid, user: 'emil' });
    expect((await node.as(accessToken, 'POST', '/me/phone', { code })).status).toBe(200);
    await expectHeard(idOf(login), [...created, 'user.updated', 'user.updated', 'user.updated']);

    await admin.callUsers('PATCH', idOf(login), { roles: ['clerk'] });
    await expectHeard(idOf(login), [...created, ...Array<string>(4).fill('user.updated')]);
  });

  it('is a merge, after all that was told of both users', async () => {
    await world.control('POST', '/users', { id: 'fred', unionid: false });
    const older = await world.login(node, 'fred');
    const younger = await world.login(node, 'fred', cake.appid);
    await world.control('POST', '/users', { id: 'fred', unionid: true });
    await world.login(node, 'fred');
    await world.login(node, 'fred', cake.appid);
    await expectHeard(idOf(younger), [...created, 'user.merged']);
    expect(receiver.received.find(({ type }) => type === 'user.merged')!.data).toEqual({
      userId: idOf(younger),
      into: idOf(older),
    });
    expect(receiver.about(idOf(older))).toEqual(created);
  });

  it('is a ban and its end, also if the end comes by itself', async () => {
    const login = await world.login(node, 'gina');
    expect((await admin.callUsers('PATCH', idOf(login), { status: 'disabled' })).status).toBe(200);
    await admin.callUsers('PATCH', idOf(login), { status: 'active' });
    await admin.callUsers('PATCH', idOf(login), { status: 'disabled', until: '2999-01-01T00:00:00Z' });
    await world.database.query('UPDATE users SET disabled_until = now() WHERE id = $1', [idOf(login)]);
    await world.login(node, 'gina');
    await expectHeard(idOf(login), [
      ...created,
      'user.disabled',
      'user.enabled',
      'user.disabled',
      'user.enabled',
    ]);
  });

  it('is a requested deletion, that it was cancelled, and the erasure', async () => {
    const login = await world.login(node, 'hugo');
    await requestDeletion(node, login);
    const again = await cancelDeletion(world, node, 'hugo');
    await requestDeletion(node, again);
    await makeErasureDue(world, idOf(login));
    const other = await world.startNode({ WEBHOOKS: receiver.setting() });
    await expect
      .poll(() => receiver.about(idOf(login)), jobTimeout)
      .toEqual([
        ...created,
        'user.deletion_requested',
        'user.updated',
        'user.deletion_requested',
        'user.deleted',
      ]);
    await other.stop();
  });

  it('of an erased user is only that they are gone: the messages before are deleted', async () => {
    const login = await world.login(node, 'ida');
    await expectHeard(idOf(login), created);
    const settled = `SELECT FROM webhook_messages WHERE user_id = $1 AND settled_at IS NOT NULL`;
    await expect.poll(() => world.database.query(settled, [idOf(login)])).toHaveLength(2);
    await admin.callUsers('DELETE', idOf(login));
    await expectHeard(idOf(login), [...created, 'user.deletion_requested', 'user.deleted']);
    const left = await world.database.query<{ type: string }>(
      `SELECT type FROM webhook_messages WHERE user_id = $1 ORDER BY id`,
      [idOf(login)],
    );
    expect(left.map(({ type }) => type)).not.toContain('user.created');
  });

  it('of a command is the same', async () => {
    const login = await world.login(node, 'jan');
    const environment = world.environment({ WEBHOOKS: receiver.setting() });
    const granted = await runCommand('admin:grant', ['--user', idOf(login), '--role', 'clerk'], environment);
    expect(granted).toMatchObject({ code: 0 });
    await runCommand('users:erase', [idOf(login)], environment);
    await expectHeard(idOf(login), [...created, 'user.updated', 'user.deletion_requested', 'user.deleted']);
  });

  it('of an import is each user, each identity, and who got a value that was empty', async () => {
    const login = await world.login(node, 'nina');
    const [{ openid }] = (await world.database.query<{ openid: string }>(
      'SELECT openid FROM identities WHERE user_id = $1',
      [idOf(login)],
    )) as [{ openid: string }];
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-import-'));
    const file = join(directory, 'users.csv');
    writeFileSync(
      file,
      `appid,openid,nickname\n${tea.appid},${openid},Nina\n${tea.appid},o${'x'.repeat(27)},Olga\n`,
    );
    const environment = world.environment({ WEBHOOKS: receiver.setting() });
    expect(await runCommand('users:import', [file], environment)).toMatchObject({ code: 0 });
    rmSync(directory, { recursive: true });
    await expectHeard(idOf(login), [...created, 'user.updated']);
    const [olga] = await world.database.query<{ id: string }>(`SELECT id FROM users WHERE nickname = 'Olga'`);
    await expectHeard(olga!.id, created);
  });

  it('has neither openid nor unionid nor phone number nor nickname', async () => {
    await world.control('POST', '/users', { id: 'kurt', phone: '13800138002' });
    const { code: phoneCode } = await world.control('POST', '/wx/getPhoneNumber', {
      appid: tea.appid,
      user: 'kurt',
    });
    const login = await node.login({ code: await world.code('kurt'), appid: tea.appid, phoneCode });
    await node.as(login.body.accessToken, 'PATCH', '/me', { nickname: 'nickname of kurt' });
    await expectHeard(idOf(login), [...created, 'user.updated', 'user.updated']);
    const traces = await world.database.query<{ openid: string; unionid: string }>(
      'SELECT openid, unionid FROM identities WHERE user_id = $1',
      [idOf(login)],
    );
    const told = receiver.received.map(({ text }) => text).join('\n');
    for (const trace of [traces[0]!.openid, traces[0]!.unionid, '13800138002', 'nickname of kurt']) {
      expect(told).not.toContain(trace);
    }
  });

  it('is only what the webhook asks for', async () => {
    const picky = await WebhookReceiver.start();
    const choosing = await world.startNode({ WEBHOOKS: picky.setting('user.updated') });
    const login = await world.login(choosing, 'lena');
    await choosing.as(login.body.accessToken, 'PATCH', '/me', { nickname: 'Lena' });
    await expect.poll(() => picky.about(idOf(login))).toEqual(['user.updated']);
    expect(
      await world.database.query('SELECT FROM webhook_messages WHERE webhook = $1', [picky.url]),
    ).toHaveLength(1);
    await choosing.stop();
    await picky.close();
  });

  it('is nothing without WEBHOOKS, and then nothing is written', async () => {
    const silent = await world.startNode();
    const before = await world.database.count('webhook_messages');
    const login = await world.login(silent, 'mona');
    await silent.as(login.body.accessToken, 'PATCH', '/me', { nickname: 'Mona' });
    await world.login(silent, 'mona', cake.appid);
    expect((await requestDeletion(silent, login)).status).toBe(202);
    expect(await world.database.count('webhook_messages')).toBe(before);
  });
});
