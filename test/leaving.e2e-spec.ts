import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from './harness/node.js';
import { cake, tea, useWorld } from './harness/world.js';

/** What two nodes may take, at most, to refuse what was revoked on one of them. */
const soon = { timeout: 1_000, interval: 20 };

const week = 604_800_000;

describe('leaving', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

  const leave = (login: Answer) => node.as(login.body.accessToken, 'DELETE', '/me');

  /** The person comes back and says so. */
  async function restore(user: string, appid: string = tea.appid): Promise<Answer> {
    return node.login({ code: await world.code(user, appid), appid, restore: true });
  }

  const actionsOn = async (userId: string) =>
    (
      await world.database.query<{ action: string }>(
        'SELECT action FROM audit_events WHERE user_id = $1 ORDER BY id',
        [userId],
      )
    ).map(({ action }) => action);

  describe('DELETE /me', () => {
    it('says when the person is erased, and ends all of their sessions on every node', async () => {
      const [one, two] = [await world.login(node, 'anna'), await world.login(other, 'anna')];
      const before = Date.now();
      const answer = await leave(one);
      expect(answer).toMatchObject({ status: 202, headers: { 'cache-control': 'no-store' } });
      const eraseAt = Date.parse(answer.body.eraseAt);
      expect(eraseAt).toBeGreaterThanOrEqual(before + week);
      expect(eraseAt).toBeLessThanOrEqual(Date.now() + week);

      const revoked = { status: 401, body: { code: 'session_revoked', reason: 'deleted' } };
      for (const { body } of [one, two]) {
        expect(await node.me(body.accessToken)).toMatchObject(revoked);
        await expect.poll(() => other.me(body.accessToken), soon).toMatchObject(revoked);
        expect(await other.refresh(body.refreshToken)).toMatchObject(revoked);
      }
      expect(await actionsOn(one.body.user.id)).toEqual(['user.deletion_requested']);
    });

    it('has every login of the person refused, through whichever mini-program, with the time', async () => {
      const { eraseAt } = (await leave(await world.login(node, 'bert'))).body;
      for (const appid of [tea.appid, cake.appid]) {
        expect(await world.login(other, 'bert', appid)).toMatchObject({
          status: 403,
          body: { code: 'account_deleting', eraseAt },
        });
      }
    });

    it('answers a refused login that comes again as it did the first time', async () => {
      await leave(await world.login(node, 'bert-again'));
      const login = { code: await world.code('bert-again'), appid: tea.appid };
      for (const _ of [1, 2]) expect((await node.login(login)).body.code).toBe('account_deleting');
      expect(await world.exchanges()).toHaveLength(2);
    });

    it('wants a token', async () => {
      expect((await node.call('DELETE', '/me', {})).body.code).toBe('token_missing');
    });
  });

  describe('restore', () => {
    it('takes the wish back and logs in, and the person is who they were', async () => {
      const before = await world.login(node, 'carl');
      await node.as(before.body.accessToken, 'PATCH', '/me', { nickname: 'Carl' });
      await leave(before);
      const back = await restore('carl');
      expect(back).toMatchObject({
        status: 200,
        body: { isNewUser: false, user: { id: before.body.user.id, nickname: 'Carl' } },
      });
      expect((await node.me(back.body.accessToken)).status).toBe(200);
      expect((await node.me(before.body.accessToken)).body.reason).toBe('deleted');
      expect((await world.login(other, 'carl')).status).toBe(200);
      expect(await actionsOn(before.body.user.id)).toEqual(['user.deletion_requested', 'user.restored']);
    });

    it('works through another mini-program of the same person', async () => {
      const before = await world.login(node, 'dora');
      await leave(before);
      expect((await restore('dora', cake.appid)).body.user.id).toBe(before.body.user.id);
    });

    it('is a plain login where nobody wants to leave', async () => {
      expect(await restore('newcomer')).toMatchObject({ status: 200, body: { isNewUser: true } });
      expect((await restore('newcomer')).body.isNewUser).toBe(false);
    });

    it('lets nobody in who is disabled', async () => {
      const { body } = await world.login(node, 'erik');
      await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [body.user.id]);
      expect((await restore('erik')).body.code).toBe('account_disabled');
    });

    it.each(['true', 1, null])('is true, and not %j', async (value) => {
      const code = await world.code('anna');
      expect((await node.login({ code, appid: tea.appid, restore: value })).body.code).toBe(
        'invalid_request',
      );
    });
  });
});
