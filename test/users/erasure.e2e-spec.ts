import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import type { ServiceNode } from '../harness/node.js';
import {
  cancelDeletion,
  createUserWithAllData,
  expectErased,
  findUser,
  jobTimeout,
  makeErasureDue,
  requestDeletion,
} from '../harness/deletion.js';
import { cake, useWorld } from '../harness/world.js';

describe('the erasure of a user', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
    admin = await world.createAdmin(node);
  });

  it('goes on at the start of a node if another was killed, with nothing half done in between', async () => {
    const { login, id, traces } = await createUserWithAllData(world, node, 'jan', '13800000002');
    await world.database.query(
      `INSERT INTO sessions (id, user_id, client_id, session_epoch, refresh_hash, ip, expires_at)
       SELECT gen_random_uuid(), $1, 'app', 0, '', '10.1.2.3', now() + interval '1 day'
       FROM generate_series(1, 2500)`,
      [id],
    );
    await requestDeletion(node, login);
    // Batches go through the table from its beginning: the last one has to wait.
    const letGo = await world.hold(
      `SELECT FROM sessions
       WHERE id = (SELECT id FROM sessions WHERE user_id = $1 ORDER BY ctid DESC LIMIT 1)
       FOR UPDATE`,
      [id],
    );
    await makeErasureDue(world, id);
    const dying = await world.startNode();
    const left = async () =>
      (
        await world.database.query<{ count: number }>(
          'SELECT count(ip)::integer AS count FROM sessions WHERE user_id = $1',
          [id],
        )
      )[0]!.count;
    await expect.poll(left, jobTimeout).toBeLessThan(1_000);
    await world.waitsForLock();
    await dying.stop('SIGKILL');
    await world.endOtherWaits();
    await letGo();
    expect(await left()).toBeGreaterThan(0);
    expect(await findUser(world, id)).toMatchObject({ nickname: 'nickname of jan', erased_at: null });
    expect(await world.database.query('SELECT FROM identities WHERE user_id = $1', [id])).toHaveLength(2);

    await world.startNode();
    await expect
      .poll(() => findUser(world, id), jobTimeout)
      .toMatchObject({ erased_at: expect.any(Date), erase_at: null });
    await expectErased(world, id, traces);
  });

  it('is done by the job once the time has come, and leaves nothing of the user', async () => {
    const { login, id, traces } = await createUserWithAllData(world, node, 'fred', '13800000001');
    await requestDeletion(node, login);
    await makeErasureDue(world, id);
    await world.startNode();
    await expect
      .poll(() => findUser(world, id), jobTimeout)
      .toMatchObject({ erased_at: expect.any(Date), erase_at: null });
    await expectErased(world, id, traces);
    expect((await world.auditedActions(id)).slice(-2)).toEqual(['user.deletion_requested', 'user.erased']);
    expect((await admin.callUsers('GET', id)).body).toMatchObject({
      status: 'deleting',
      eraseAt: null,
      erasedAt: expect.any(String),
      identities: [],
      nickname: null,
    });
  });

  it('comes before a login after the time, which makes a new user', async () => {
    const before = await world.login(node, 'gina');
    await requestDeletion(node, before);
    await makeErasureDue(world, before.body.user.id);
    const [one, two] = await Promise.all([world.login(node, 'gina'), world.login(other, 'gina', cake.appid)]);
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(one.body.user.id).toBe(two.body.user.id);
    expect(one.body.user.id).not.toBe(before.body.user.id);
    expect([one.body.isNewUser, two.body.isNewUser].filter(Boolean)).toHaveLength(1);
    expect((await node.refresh(before.body.refreshToken)).body).toMatchObject({ reason: 'deleted' });
    expect(await findUser(world, before.body.user.id)).toMatchObject({ erased_at: expect.any(Date) });
  });

  it('cannot be cancelled by restore when it is too late', async () => {
    const before = await world.login(node, 'hans');
    await requestDeletion(node, before);
    await makeErasureDue(world, before.body.user.id);
    expect((await cancelDeletion(world, node, 'hans')).body.isNewUser).toBe(true);
  });

  it('leaves alone a user who cancelled in the last second', async () => {
    const before = await world.login(node, 'ida');
    const { id } = before.body.user;
    await requestDeletion(node, before);
    // Time for a slow machine to come this far, and less than a statement waits.
    await world.database.query(`UPDATE users SET erase_at = now() + interval '4 seconds' WHERE id = $1`, [
      id,
    ]);
    const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
    const back = cancelDeletion(world, node, 'ida');
    await world.waitsForLock();
    await expect
      .poll(
        () => world.database.query('SELECT FROM users WHERE id = $1 AND erase_at < now()', [id]),
        jobTimeout,
      )
      .toHaveLength(1);
    await letGo();
    expect(await back).toMatchObject({ status: 200, body: { isNewUser: false, user: { id } } });
    expect(await findUser(world, id)).toMatchObject({ status: 'active', erase_at: null, erased_at: null });
  });

  it('either happens or is taken back, never both', async () => {
    const users = await Promise.all(
      Array.from({ length: 12 }, async (_, name) => {
        const before = await world.login(node, `racer-${name}`);
        await requestDeletion(node, before);
        return { name: `racer-${name}`, id: before.body.user.id as string };
      }),
    );
    await Promise.all(
      users.map(async ({ name, id }) => {
        const [back] = await Promise.all([cancelDeletion(world, node, name), admin.callUsers('DELETE', id)]);
        expect(back.status).toBe(200);
        const { status, erased_at: erasedAt } = await findUser(world, id);
        expect({ status, isErased: erasedAt !== null }).toEqual({ status: 'deleting', isErased: true });
        const sessions = await world.database.query('SELECT ip FROM sessions WHERE user_id = $1', [id]);
        expect(new Set(sessions.map(({ ip }) => ip))).toEqual(new Set([null]));
      }),
    );
  });

  it('comes before a merge with somebody who should be gone by now', async () => {
    await world.control('POST', '/users', { id: 'mina', unionid: false });
    const gone = await world.login(node, 'mina');
    const stays = await world.login(node, 'mina', cake.appid);
    await world.control('POST', '/users', { id: 'mina', unionid: true });
    await world.login(node, 'mina');
    await requestDeletion(node, gone);
    await makeErasureDue(world, gone.body.user.id);
    const login = await world.login(node, 'mina', cake.appid);
    expect(login.body.user.id).toBe(stays.body.user.id);
    expect(await findUser(world, gone.body.user.id)).toMatchObject({
      status: 'deleting',
      erased_at: expect.any(Date),
    });
  });

  it('writes nothing down of a sign-out that comes too late', async () => {
    const before = await world.login(node, 'nina');
    const { id } = before.body.user;
    await world.database.query(
      `UPDATE users SET status = 'deleting', erase_at = now() - interval '1 second' WHERE id = $1`,
      [id],
    );
    const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
    const erased = admin.callUsers('DELETE', id);
    await world.waitsForLock();
    const signedOut = node.as(before.body.accessToken, 'POST', '/auth/logout/all');
    await world.waitsForLock(2);
    await letGo();
    expect((await erased).status).toBe(202);
    expect((await signedOut).status).toBe(204);
    expect(await world.auditedActions(id)).not.toContain('user.logout_all');
  });

  it('leaves no pending merge behind with a user who seemed to be the same person', async () => {
    await world.control('POST', '/users', { id: 'oda', unionid: false });
    const one = (await world.login(node, 'oda')).body.user.id;
    const two = (await world.login(node, 'oda', cake.appid)).body.user.id;
    await admin.callUsers('PATCH', one, { roles: ['tester'] });
    await world.control('POST', '/users', { id: 'oda', unionid: true });
    await world.login(node, 'oda');
    await world.login(node, 'oda', cake.appid);
    expect(await findUser(world, two)).toMatchObject({ merge_pending_with: one });
    await admin.callUsers('DELETE', one);
    expect(await findUser(world, one)).toMatchObject({
      merge_pending_with: null,
      erased_at: expect.any(Date),
    });
    expect(await findUser(world, two)).toMatchObject({ merge_pending_with: null });
    expect((await world.login(node, 'oda', cake.appid)).body.user.id).toBe(two);
    expect((await world.login(node, 'oda')).body.user.id, 'found by the unionid').toBe(two);
  });

  it('waits for no file that cannot be removed', async () => {
    for (const user of ['leo', 'lia']) {
      const { id } = (await world.login(node, user)).body.user;
      // A directory, which no removal of a file takes away.
      const key = randomBytes(16).toString('hex');
      mkdirSync(join(world.avatars, key));
      await world.database.query(
        `UPDATE users SET status = 'deleting', erased_at = now(), erase_at = now(), avatar_key = $2 WHERE id = $1`,
        [id, key],
      );
    }
    const login = await world.login(node, 'lola');
    await requestDeletion(node, login);
    await makeErasureDue(world, login.body.user.id);
    await world.startNode();
    try {
      await expect
        .poll(() => findUser(world, login.body.user.id), jobTimeout)
        .toMatchObject({ erased_at: expect.any(Date) });
    } finally {
      await world.database.query(
        'UPDATE users SET avatar_key = NULL, erase_at = NULL WHERE erased_at IS NOT NULL',
      );
    }
  });

  it('keeps in mind the file of an avatar that could not be removed', async () => {
    const { login, id, traces } = await createUserWithAllData(world, node, 'kim', '13800000003');
    await requestDeletion(node, login);
    await world.database.query(
      `UPDATE users SET erased_at = now(), erase_at = now(), nickname = NULL, avatar_key = $2 WHERE id = $1`,
      [id, traces.at(-1)],
    );
    await world.startNode();
    await expect
      .poll(() => findUser(world, id), jobTimeout)
      .toMatchObject({ avatar_key: null, erase_at: null });
    expect(readdirSync(world.avatars)).not.toContain(traces.at(-1));
  });
});
