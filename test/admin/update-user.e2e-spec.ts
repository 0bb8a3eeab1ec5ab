import { beforeAll, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { expectEnded, expectOngoing, sessionRevoked } from '../harness/sessions.js';
import { cake, soon, tea, useWorld } from '../harness/world.js';

describe('changing a user', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
    admin = await world.createAdmin(node);
  });

  const audit = (userId: string) =>
    world.database.query(
      'SELECT action, actor, actor_id, session_id, ip, details FROM audit_events WHERE user_id = $1 ORDER BY id',
      [userId],
    );

  describe('PATCH /admin/users/:id', () => {
    it('disables a user: sessions end, and a login tells why and until when', async () => {
      const login = await world.login(node, 'ida');
      const { id } = login.body.user;
      const until = new Date(Date.now() + 86_400_000).toISOString();
      const answer = await admin.callUsers('PATCH', id, { status: 'disabled', reason: '广告', until });
      expect(answer).toMatchObject({
        status: 200,
        body: { id, status: 'disabled', disabledReason: '广告', disabledUntil: until, sessions: [] },
      });
      await expectEnded(node, other, login, 'disabled');
      for (const appid of [tea.appid, cake.appid]) {
        expect(await world.login(other, 'ida', appid)).toMatchObject({
          status: 403,
          body: { code: 'account_disabled', reason: '广告', until },
        });
      }
      expect(await audit(id)).toEqual([
        {
          action: 'user.disabled',
          actor: 'person',
          actor_id: admin.id,
          session_id: null,
          ip: '127.0.0.1',
          details: { until },
        },
      ]);
    });

    it('enables them again: they log in anew, the old sessions stay ended', async () => {
      const login = await world.login(node, 'jane');
      const { id } = login.body.user;
      await admin.callUsers('PATCH', id, { status: 'disabled', reason: 'spam' });
      expect((await admin.callUsers('PATCH', id, { status: 'active' })).body).toMatchObject({
        status: 'active',
        disabledReason: null,
        disabledUntil: null,
      });
      await expectOngoing(node, other, await world.login(node, 'jane'));
      await expectEnded(node, other, login, 'disabled');
      expect((await audit(id)).map(({ action }) => action)).toEqual(['user.disabled', 'user.enabled']);
    });

    it('lets them in again by itself once the time is over', async () => {
      const { id } = (await world.login(node, 'kate')).body.user;
      await admin.callUsers('PATCH', id, {
        status: 'disabled',
        until: new Date(Date.now() + 60_000).toISOString(),
      });
      expect((await world.login(node, 'kate')).status).toBe(403);
      await world.database.query('UPDATE users SET disabled_until = now() WHERE id = $1', [id]);
      const answers = await Promise.all([
        world.login(node, 'kate'),
        world.login(other, 'kate'),
        world.login(node, 'kate', cake.appid),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(new Set(answers.map(({ body }) => body.user.id))).toEqual(new Set([id]));
      expect((await audit(id)).map(({ action, actor }) => [action, actor])).toEqual([
        ['user.disabled', 'person'],
        ['user.enabled', 'service'],
      ]);
    });

    it('disables for good a user who was disabled until a time that is over', async () => {
      const { id } = (await world.login(node, 'lisa')).body.user;
      await admin.callUsers('PATCH', id, {
        status: 'disabled',
        until: new Date(Date.now() + 60_000).toISOString(),
      });
      await world.database.query('UPDATE users SET disabled_until = now() WHERE id = $1', [id]);
      expect(
        (await admin.callUsers('PATCH', id, { status: 'disabled', reason: 'fraud' })).body,
      ).toMatchObject({
        status: 'disabled',
        disabledReason: 'fraud',
        disabledUntil: null,
      });
      expect((await world.login(node, 'lisa')).status).toBe(403);
    });

    it('writes nothing into the audit if nothing changes', async () => {
      const { id } = (await world.login(node, 'lore')).body.user;
      const until = new Date(Date.now() + 86_400_000).toISOString();
      for (const body of [
        { status: 'disabled', until },
        { status: 'disabled' },
        { until },
        { reason: null },
      ]) {
        expect((await admin.callUsers('PATCH', id, body)).body).toMatchObject({ disabledUntil: until });
      }
      expect(await audit(id)).toHaveLength(1);
    });

    it('changes reason and end for a user who is disabled already', async () => {
      const { id } = (await world.login(node, 'lena')).body.user;
      const until = new Date(Date.now() + 86_400_000).toISOString();
      await admin.callUsers('PATCH', id, { status: 'disabled', reason: 'one', until });
      expect((await admin.callUsers('PATCH', id, { reason: 'two' })).body).toMatchObject({
        disabledReason: 'two',
        disabledUntil: until,
      });
      expect((await admin.callUsers('PATCH', id, { status: 'disabled', until: null })).body).toMatchObject({
        disabledReason: 'two',
        disabledUntil: null,
      });
    });

    it('sets roles: older tokens are expired within a second, and the session goes on with the new ones', async () => {
      const login = await world.login(node, 'mona');
      const { id } = login.body.user;
      await admin.callUsers('PATCH', id, { roles: ['admin', 'editor'] });
      const expired = { status: 401, body: { code: 'token_expired' } };
      expect(await node.me(login.body.accessToken)).toMatchObject(expired);
      await expect.poll(() => other.me(login.body.accessToken), soon).toMatchObject(expired);
      const refreshed = await other.refresh(login.body.refreshToken);
      expect(refreshed.body.user.roles).toEqual(['admin', 'editor']);
      expect(await node.as(refreshed.body.accessToken, 'GET', `/admin/users/${id}`)).toMatchObject({
        status: 200,
        body: { roles: ['admin', 'editor'] },
      });
      expect(await audit(id)).toMatchObject([
        { action: 'user.roles_changed', details: { before: [], after: ['admin', 'editor'] } },
        { action: 'user.viewed' },
      ]);
    });

    it('takes a role away: the next request that needs that role is refused within a second', async () => {
      const login = await world.login(node, 'nora');
      const { id } = login.body.user;
      await admin.callUsers('PATCH', id, { roles: ['admin'] });
      const before = await other.refresh(login.body.refreshToken);
      const guarded = (answer: Answer) => other.as(answer.body.accessToken, 'GET', `/admin/users/${id}`);
      expect((await guarded(before)).status).toBe(200);
      await admin.callUsers('PATCH', id, { roles: [] });
      await expect
        .poll(() => guarded(before), soon)
        .toMatchObject({ status: 401, body: { code: 'token_expired' } });
      const after = await other.refresh(before.body.refreshToken);
      expect(await guarded(after)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    });

    it('does both at once', async () => {
      const login = await world.login(node, 'olga');
      const { id } = login.body.user;
      await admin.callUsers('PATCH', id, { status: 'disabled', roles: ['editor'] });
      await expectEnded(node, other, login, 'disabled');
      await admin.callUsers('PATCH', id, { status: 'active' });
      expect((await world.login(node, 'olga')).body.user.roles).toEqual(['editor']);
    });

    it.each([{}, { unknown: 1 }, { roles: [] }, { status: 'active' }])(
      'changes nothing by %j',
      async (body) => {
        const login = await world.login(node, 'paul');
        expect((await admin.callUsers('PATCH', login.body.user.id, body)).status).toBe(200);
        await expectOngoing(node, other, login);
        expect(await audit(login.body.user.id)).toEqual([]);
      },
    );

    it.each<[string, unknown, string[]?]>([
      ['a status of another kind', { status: 'merged' }, ['status']],
      ['no status', { status: null }, ['status']],
      ['an end in the past', { status: 'disabled', until: '2020-01-01T00:00:00Z' }, ['until']],
      ['an end without its zone', { status: 'disabled', until: '2099-01-01T00:00:00' }, ['until']],
      ['an end that is a number', { status: 'disabled', until: 4_102_444_800 }, ['until']],
      [
        'an end in a year of five digits',
        { status: 'disabled', until: '9999-12-31T23:59:59-14:00' },
        ['until'],
      ],
      ['a blank reason', { status: 'disabled', reason: ' ' }, ['reason']],
      ['an empty reason', { status: 'disabled', reason: '' }, ['reason']],
      ['a reason of 201 characters', { status: 'disabled', reason: 'x'.repeat(201) }, ['reason']],
      ['a reason that cannot be seen', { status: 'disabled', reason: '\u200b' }, ['reason']],
      ['a reason with a NUL', { status: 'disabled', reason: 'a\u0000b' }, ['reason']],
      ['a reason for an active user', { reason: 'spam' }],
      ['an end for an active user', { status: 'active', until: '2099-01-01T00:00:00Z' }],
      ['a role in capitals', { roles: ['Admin'] }, ['roles']],
      ['roles that are none', { roles: 'admin' }, ['roles']],
      ['no roles', { roles: null }, ['roles']],
      ['a role that is a number', { roles: [1] }, ['roles']],
      ['seventeen roles', { roles: Array.from({ length: 17 }, (_, index) => `role${index}`) }, ['roles']],
      ['a list', []],
    ])('answers invalid_request to %s', async (_, body, fields) => {
      const { id } = (await world.login(node, 'quinn')).body.user;
      const answer = await admin.callUsers('PATCH', id, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(answer.body.errors?.map(({ field: named }: { field: string }) => named)).toEqual(fields);
      expect(await audit(id)).toEqual([]);
    });

    it('neither disables nor enables a merged user', async () => {
      const { id } = (await world.login(node, 'rosa')).body.user;
      await world.database.query(`UPDATE users SET status = 'merged' WHERE id = $1`, [id]);
      for (const change of [{ status: 'active' }, { status: 'disabled' }, { roles: ['editor'] }]) {
        expect((await admin.callUsers('PATCH', id, change)).body.code).toBe('invalid_request');
      }
    });

    it('answers not_found if there is no such user, and forbidden to a user who is no admin', async () => {
      const nobody = '01a1fc0b-8543-769f-a0a8-36d8f00a7120';
      expect((await admin.callUsers('PATCH', nobody, { status: 'disabled' })).status).toBe(404);
      expect((await admin.callUsers('DELETE', `${nobody}/sessions`)).status).toBe(404);
      const { body } = await world.login(node, 'sara');
      expect((await node.as(body.accessToken, 'PATCH', `/admin/users/${body.user.id}`, {})).status).toBe(403);
      expect(
        (await node.as(body.accessToken, 'DELETE', `/admin/users/${body.user.id}/sessions`)).status,
      ).toBe(403);
    });

    it('leaves no live session if a login races it, fifty times', async () => {
      const { id } = (await world.login(node, 'tina')).body.user;
      for (let round = 0; round < 50; round += 1) {
        const codes = await Promise.all([world.code('tina'), world.code('tina')]);
        const [one, , two] = await Promise.all([
          node.login({ code: codes[0], appid: tea.appid }),
          admin.callUsers('PATCH', id, { status: 'disabled' }),
          other.login({ code: codes[1], appid: tea.appid }),
        ]);
        for (const { status, body } of [one, two]) {
          if (status !== 200) continue;
          expect(await node.me(body.accessToken)).toMatchObject(sessionRevoked('disabled'));
          expect(await other.refresh(body.refreshToken)).toMatchObject(sessionRevoked('disabled'));
        }
        expect((await admin.callUsers('GET', id)).body.sessions).toEqual([]);
        await admin.callUsers('PATCH', id, { status: 'active' });
      }
    });
  });

  describe('DELETE /admin/users/:id/sessions', () => {
    it('ends all sessions of a user, who may log in again', async () => {
      const [one, two] = [await world.login(node, 'ulf'), await world.login(other, 'ulf', cake.appid)];
      const { id } = one.body.user;
      expect(await admin.callUsers('DELETE', `${id}/sessions`)).toMatchObject({ status: 204, text: '' });
      for (const login of [one, two]) await expectEnded(node, other, login, 'kicked');
      await expectOngoing(node, other, await world.login(node, 'ulf'));
      expect(await audit(id)).toMatchObject([{ action: 'user.kicked', actor_id: admin.id }]);
    });
  });
});
