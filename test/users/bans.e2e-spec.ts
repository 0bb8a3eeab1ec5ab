import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { advisoryLocks, takeAdvisoryLock } from '../../src/database/advisory-locks.js';
import { runCommand } from '../harness/command.js';
import type { Admin } from '../harness/admin.js';
import type { ServiceNode } from '../harness/node.js';
import {
  cancelDeletion,
  createUserWithAllData,
  expectErased,
  findUser,
  jobTimeout,
  makeErasureDue,
  oneWeekMs,
  requestDeletion,
} from '../harness/deletion.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('a ban', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
    admin = await world.createAdmin(node);
  });

  /** Disabled by an admin, and then erased. */
  async function ban(user: string, phone: string): Promise<{ id: string; until: string; traces: string[] }> {
    const { id, traces } = await createUserWithAllData(world, node, user, phone);
    const until = new Date(Date.now() + oneWeekMs).toISOString();
    await admin.callUsers('PATCH', id, { status: 'disabled', reason: 'spam', until });
    expect((await admin.callUsers('DELETE', id)).status).toBe(202);
    return { id, until, traces };
  }

  const bannedRows = (id: string) =>
    world.database.query('SELECT FROM banned_identities WHERE user_id = $1', [id]);

  it('outlives the erasure, in every mini-program, until an admin lifts it', async () => {
    const { id, until, traces } = await ban('otto', '13800000006');
    await expectErased(world, id, traces, 'disabled');
    const refused = { status: 403, body: { code: 'account_disabled', reason: 'spam', until } };
    expect(await world.login(node, 'otto')).toMatchObject(refused);
    expect(await world.login(other, 'otto', cake.appid)).toMatchObject(refused);
    expect((await admin.callUsers('PATCH', id, { roles: ['admin'] })).body.code).toBe('invalid_request');

    expect((await admin.callUsers('PATCH', id, { status: 'active' })).body).toMatchObject({
      status: 'deleting',
      disabledReason: null,
    });
    expect(await bannedRows(id)).toEqual([]);
    expect((await world.login(node, 'otto')).body.isNewUser).toBe(true);
  });

  it('can be set on a user pending deletion, who cannot take the request back then', async () => {
    const login = await world.login(node, 'sepp');
    const { id } = login.body.user;
    await requestDeletion(node, login);
    const wish = (await findUser(world, id)) as { erase_at: Date };
    expect((await admin.callUsers('PATCH', id, { status: 'disabled', reason: 'spam' })).body).toMatchObject({
      status: 'disabled',
      eraseAt: wish.erase_at.toISOString(),
    });
    expect((await cancelDeletion(world, node, 'sepp')).body).toMatchObject({
      code: 'account_disabled',
      reason: 'spam',
    });
    expect((await admin.callUsers('PATCH', id, { status: 'active' })).body.status).toBe('deleting');
    expect((await world.login(node, 'sepp')).body.code).toBe('account_deleting');
    for (const change of [{ status: 'active' }, { reason: 'why' }, { roles: ['tester'] }]) {
      expect((await admin.callUsers('PATCH', id, change)).body.code).toBe('invalid_request');
    }

    await admin.callUsers('PATCH', id, { status: 'disabled', reason: 'spam' });
    await makeErasureDue(world, id);
    await world.startNode();
    await expect.poll(() => findUser(world, id), jobTimeout).toMatchObject({ erased_at: expect.any(Date) });
    expect(await world.login(node, 'sepp', cake.appid)).toMatchObject({
      status: 403,
      body: { code: 'account_disabled', reason: 'spam' },
    });
    expect((await admin.callUsers('PATCH', id, { status: 'active' })).body.status).toBe('deleting');
    expect((await admin.callUsers('PATCH', id, { status: 'disabled' })).body.code).toBe('invalid_request');
  });

  it('keeps out every login, link and import while the erasure is being committed', async () => {
    const { id } = (await world.login(node, 'theo')).body.user;
    const guest = await world.login(node, 'guest', alone.appid);
    const { openids } = await world.control('POST', '/users', { id: 'theo' });
    const [{ unionid }] = await world.database.query<any>(
      'SELECT unionid FROM identities WHERE user_id = $1',
      [id],
    );
    const file = join(mkdtempSync(join(tmpdir(), 'weapp-auth-import-')), 'users.csv');
    writeFileSync(file, `appid,openid,unionid\n${cake.appid},${openids[cake.appid]},${unionid}\n`);

    await admin.callUsers('PATCH', id, { status: 'disabled' });
    // A statement waits for seconds only, and a command may take as many to start: the import comes first.
    const startImport = await world.hold(takeAdvisoryLock, [...advisoryLocks.userImport]);
    const imported = runCommand('users:import', [file], world.environment());
    await world.waitsForLock();
    // The erasure has locked the user's unionid, and waits for one of the user's sessions.
    const letGo = await world.hold('SELECT FROM sessions WHERE user_id = $1 LIMIT 1 FOR UPDATE', [id]);
    const erased = admin.callUsers('DELETE', id);
    await world.waitsForLock(2);
    const login = world.login(node, 'theo', cake.appid);
    const link = node.as(guest.body.accessToken, 'POST', '/me/identities', {
      code: await world.code('theo', cake.appid),
      appid: cake.appid,
    });
    await world.waitsForLock(4);
    await startImport();
    await world.waitsForLock(4);
    await letGo();
    expect((await erased).status).toBe(202);
    const refused = { status: 403, body: { code: 'account_disabled' } };
    expect(await login).toMatchObject(refused);
    expect(await link).toMatchObject(refused);
    expect(await imported).toMatchObject({ code: 1, stdout: expect.stringContaining('1 refused') });
    expect(await world.database.query('SELECT FROM unionids WHERE unionid = $1', [unionid])).toEqual([]);
    rmSync(dirname(file), { recursive: true });
  });

  it('keeps users out whom an import brings back', async () => {
    const { id, traces } = await createUserWithAllData(world, node, 'udo', '13800000011');
    const others = await world.login(node, 'vroni');
    await admin.callUsers('PATCH', id, { status: 'disabled' });
    await admin.callUsers('DELETE', id);
    const file = join(mkdtempSync(join(tmpdir(), 'weapp-auth-import-')), 'users.csv');
    const lines = [
      'appid,openid,unionid',
      `${cake.appid},${traces[0]},`,
      `${tea.appid},another-openid,${traces[1]}`,
      `${alone.appid},another-openid,${traces[1]}`,
      `${tea.appid},quite-another-openid,`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { code, stdout } = await runCommand('users:import', [file], world.environment());
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/1 new users.* 3 refused/s),
    });
    await admin.callUsers('PATCH', id, { status: 'active' });
    const again = await runCommand('users:import', [file], world.environment());
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(' 0 refused') });
    expect((await node.me(others.body.accessToken)).status).toBe(200);
    rmSync(dirname(file), { recursive: true });
  });

  it('also keeps out a user whom an admin has still to merge with the banned one', async () => {
    await world.control('POST', '/users', { id: 'xena', unionid: false });
    const banned = (await world.login(node, 'xena')).body.user.id;
    await world.login(node, 'xena', cake.appid);
    await admin.callUsers('PATCH', banned, { roles: ['tester'] });
    await world.control('POST', '/users', { id: 'xena', unionid: true });
    for (const { appid } of [tea, cake]) {
      expect((await world.login(node, 'xena', appid)).status, 'pending').toBe(200);
    }
    await admin.callUsers('PATCH', banned, { status: 'disabled' });
    expect((await world.login(node, 'xena', cake.appid)).body.code).toBe('account_disabled');
    await admin.callUsers('DELETE', banned);
    expect((await world.login(node, 'xena', cake.appid)).body.code).toBe('account_disabled');
    await admin.callUsers('PATCH', banned, { status: 'active' });
    expect((await world.login(node, 'xena', cake.appid)).body.isNewUser).toBe(false);
  });

  it('ends by itself when its time is over', async () => {
    const { id } = await ban('paul', '13800000007');
    expect(await bannedRows(id)).not.toEqual([]);
    await world.database.query('UPDATE users SET disabled_until = now() WHERE id = $1', [id]);
    expect((await world.login(node, 'paul')).body).toMatchObject({ isNewUser: true });
    expect(await bannedRows(id)).toEqual([]);
    expect(await findUser(world, id)).toMatchObject({ status: 'deleting', disabled_reason: null });
  });

  it('is kept when the encryption keys are changed', async () => {
    const { id } = (await world.login(node, 'rita')).body.user;
    await admin.callUsers('PATCH', id, { status: 'disabled' });
    await admin.callUsers('DELETE', id);
    const newKey = randomBytes(32).toString('base64');
    const both = world.environment({ ENCRYPTION_KEYS: `${newKey},${world.encryptionKey}` });
    expect(await runCommand('keys:reencrypt', [], both)).toMatchObject({ code: 0, stderr: '' });
    const renewed = await world.startNode({ ENCRYPTION_KEYS: newKey });
    expect((await world.login(renewed, 'rita')).body.code).toBe('account_disabled');
    expect((await world.login(renewed, 'rita', cake.appid)).body.code).toBe('account_disabled');
  });
});
