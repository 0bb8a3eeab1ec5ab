import { beforeAll, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { cancelDeletion, oneWeekMs, requestDeletion } from '../harness/deletion.js';
import { alone, cake, soon, tea, useWorld } from '../harness/world.js';

describe('deleting an account', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
    admin = await world.createAdmin(node);
  });

  /** Two calls that wait for the row of a user: the second has begun before the first comes to it. */
  async function oneAfterTheOther(
    id: string,
    first: () => Promise<Answer>,
    second: () => Promise<Answer>,
  ): Promise<[Answer, Answer]> {
    const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
    const earlier = first();
    await world.waitsForLock();
    const later = second();
    await world.waitsForLock(2);
    await letGo();
    return Promise.all([earlier, later]);
  }

  describe('DELETE /me', () => {
    it('says when the user is erased, and ends all of their sessions on every node', async () => {
      const [one, two] = [await world.login(node, 'anna'), await world.login(other, 'anna')];
      const before = Date.now();
      const answer = await requestDeletion(node, one);
      expect(answer).toMatchObject({ status: 202, headers: { 'cache-control': 'no-store' } });
      const eraseAt = Date.parse(answer.body.eraseAt);
      expect(eraseAt).toBeGreaterThanOrEqual(before + oneWeekMs);
      expect(eraseAt).toBeLessThanOrEqual(Date.now() + oneWeekMs);

      const revoked = { status: 401, body: { code: 'session_revoked', reason: 'deleted' } };
      for (const { body } of [one, two]) {
        expect(await node.me(body.accessToken)).toMatchObject(revoked);
        await expect.poll(() => other.me(body.accessToken), soon).toMatchObject(revoked);
        expect(await other.refresh(body.refreshToken)).toMatchObject(revoked);
      }
      expect(await world.auditedActions(one.body.user.id)).toEqual(['user.deletion_requested']);
    });

    it('has every login of the user refused, through whichever mini-program, with the time', async () => {
      const { eraseAt } = (await requestDeletion(node, await world.login(node, 'bert'))).body;
      for (const appid of [tea.appid, cake.appid]) {
        expect(await world.login(other, 'bert', appid)).toMatchObject({
          status: 403,
          body: { code: 'account_deleting', eraseAt },
        });
      }
    });

    it('answers a refused login that comes again as it did the first time', async () => {
      await requestDeletion(node, await world.login(node, 'bert-again'));
      const login = { code: await world.code('bert-again'), appid: tea.appid };
      for (const _ of [1, 2]) expect((await node.login(login)).body.code).toBe('account_deleting');
      expect(await world.exchanges()).toHaveLength(2);
    });

    it('says when the user is erased also if they are merged meanwhile', async () => {
      const login = await world.login(node, 'cleo');
      const into = (await world.login(node, 'cleo', alone.appid)).body.user.id;
      const { id } = login.body.user;
      const [merged, answer] = await oneAfterTheOther(
        id,
        () => admin.callUsers('POST', `${id}/merge`, { into }),
        () => requestDeletion(node, login),
      );
      expect(merged.status).toBe(200);
      const [row] = await world.database.query<any>('SELECT status, erase_at FROM users WHERE id = $1', [
        into,
      ]);
      expect(row.status).toBe('deleting');
      expect(answer).toMatchObject({ status: 202, body: { eraseAt: row.erase_at.toISOString() } });
    });

    it.each<[string, (login: Answer) => Promise<Answer>]>([
      ['DELETE /me', (login) => requestDeletion(node, login)],
      [
        'DELETE /me/identities',
        (login) => node.as(login.body.accessToken, 'DELETE', `/me/identities/${tea.appid}`),
      ],
    ])('tells a user who is disabled meanwhile that the session is over, as %s does', async (_, call) => {
      const login = await world.login(node, 'cosmo');
      const { id } = login.body.user;
      const [disabled, answer] = await oneAfterTheOther(
        id,
        () => admin.callUsers('PATCH', id, { status: 'disabled' }),
        () => call(login),
      );
      expect(disabled.status).toBe(200);
      await admin.callUsers('PATCH', id, { status: 'active' });
      expect(answer).toMatchObject({ status: 401, body: { code: 'session_revoked', reason: 'disabled' } });
    });

    it('wants a token', async () => {
      expect((await node.call('DELETE', '/me', {})).body.code).toBe('token_missing');
    });
  });

  describe('cancelling the deletion: restore', () => {
    it('takes the request back and logs in, and the user is who they were', async () => {
      const before = await world.login(node, 'carl');
      await node.as(before.body.accessToken, 'PATCH', '/me', { nickname: 'Carl' });
      await requestDeletion(node, before);
      const back = await cancelDeletion(world, node, 'carl');
      expect(back).toMatchObject({
        status: 200,
        body: { isNewUser: false, user: { id: before.body.user.id, nickname: 'Carl' } },
      });
      expect((await node.me(back.body.accessToken)).status).toBe(200);
      expect((await node.me(before.body.accessToken)).body.reason).toBe('deleted');
      expect((await world.login(other, 'carl')).status).toBe(200);
      expect(await world.auditedActions(before.body.user.id)).toEqual([
        'user.deletion_requested',
        'user.restored',
      ]);
    });

    it('works through another mini-program of the same user', async () => {
      const before = await world.login(node, 'dora');
      await requestDeletion(node, before);
      expect((await cancelDeletion(world, node, 'dora', cake.appid)).body.user.id).toBe(before.body.user.id);
    });

    it('is a plain login if no deletion was requested', async () => {
      expect(await cancelDeletion(world, node, 'newcomer')).toMatchObject({
        status: 200,
        body: { isNewUser: true },
      });
      expect((await cancelDeletion(world, node, 'newcomer')).body.isNewUser).toBe(false);
    });

    it('lets in no user who is disabled', async () => {
      const { body } = await world.login(node, 'erik');
      await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [body.user.id]);
      expect((await cancelDeletion(world, node, 'erik')).body.code).toBe('account_disabled');
    });

    it.each(['true', 1, null])('is true, and not %j', async (value) => {
      const code = await world.code('anna');
      expect((await node.login({ code, appid: tea.appid, restore: value })).body.code).toBe(
        'invalid_request',
      );
    });
  });
});
