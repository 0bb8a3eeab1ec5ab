import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { cake, soon, tea, useWorld } from '../harness/world.js';

/** What two nodes may take, at most, to refuse what was revoked on one of them. */

describe('the end of sessions', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let operator: { id: string; accessToken: string };
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
    operator = await world.operator(node);
  });

  const sessionOf = (answer: Answer) => decodeJwt(answer.body.accessToken)['sid'] as string;
  const revoked = (reason: string) => ({
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    body: { code: 'session_revoked', reason },
  });
  const asOperator = (method: string, path: string, body?: unknown) =>
    node.as(operator.accessToken, method, `/admin/users/${path}`, body);

  /** Both of a session's tokens are refused: here at once, elsewhere within a second. */
  async function expectEnded(login: Answer, reason: string): Promise<void> {
    expect(await node.me(login.body.accessToken)).toMatchObject(revoked(reason));
    await expect.poll(() => other.me(login.body.accessToken), soon).toMatchObject(revoked(reason));
    expect(await other.refresh(login.body.refreshToken)).toMatchObject(revoked(reason));
    expect(await node.refresh(login.body.refreshToken)).toMatchObject(revoked(reason));
  }

  async function expectOngoing(login: Answer): Promise<void> {
    for (const each of [node, other]) expect((await each.me(login.body.accessToken)).status).toBe(200);
    expect((await node.refresh(login.body.refreshToken)).status).toBe(200);
  }

  const audit = (userId: string) =>
    world.database.query(
      'SELECT action, actor, actor_id, session_id, ip, details FROM audit_events WHERE user_id = $1 ORDER BY id',
      [userId],
    );

  describe('POST /auth/logout', () => {
    it('ends this session on every node, and no other', async () => {
      const [one, two] = [await world.login(node, 'anna'), await world.login(other, 'anna')];
      const answer = await node.as(one.body.accessToken, 'POST', '/auth/logout');
      expect(answer).toMatchObject({ status: 204, text: '' });
      await expectEnded(one, 'signed_out');
      await expectOngoing(two);
      expect(await audit(one.body.user.id)).toEqual([
        {
          action: 'session.logout',
          actor: 'person',
          actor_id: one.body.user.id,
          session_id: sessionOf(one),
          ip: '127.0.0.1',
          details: {},
        },
      ]);
    });

    it('takes any body or none, and a second one finds the session ended', async () => {
      const { body } = await world.login(node, 'anna');
      expect((await node.as(body.accessToken, 'POST', '/auth/logout', {})).status).toBe(204);
      expect(await node.as(body.accessToken, 'POST', '/auth/logout')).toMatchObject(revoked('signed_out'));
    });

    it.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain'])(
      'takes an empty body that is said to be %s',
      async (type) => {
        const { body } = await world.login(node, 'anna');
        const headers = { authorization: `Bearer ${body.accessToken}`, 'content-type': type };
        expect((await node.call('POST', '/auth/logout', { headers, body: '' })).status).toBe(204);
      },
    );

    it('refuses the access token from then on even where the row of its session is gone', async () => {
      const login = await world.login(node, 'anna');
      await world.database.query('DELETE FROM sessions WHERE id = $1', [sessionOf(login)]);
      expect((await node.as(login.body.accessToken, 'POST', '/auth/logout')).status).toBe(204);
      expect(await node.me(login.body.accessToken)).toMatchObject(revoked('signed_out'));
      await expect.poll(() => other.me(login.body.accessToken), soon).toMatchObject(revoked('signed_out'));
    });

    it('wants a token', async () => {
      for (const path of ['/auth/logout', '/auth/logout/all']) {
        expect((await node.post(path, undefined)).body.code).toBe('token_missing');
      }
    });

    it('is done once where many ask at once', async () => {
      const { body } = await world.login(node, 'anna');
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => node.as(body.accessToken, 'POST', '/auth/logout')),
      );
      expect(answers.filter(({ status }) => status === 204).length).toBeGreaterThanOrEqual(1);
      expect(answers.every(({ status }) => status === 204 || status === 401)).toBe(true);
      const events = await world.database.count(
        `audit_events WHERE session_id = '${decodeJwt(body.accessToken)['sid'] as string}'`,
      );
      expect(events).toBe(1);
    });
  });

  describe('POST /auth/logout/all', () => {
    it('ends all sessions of the person, whatever mini-program they came through, and of nobody else', async () => {
      const [one, two] = [await world.login(node, 'bert'), await world.login(other, 'bert', cake.appid)];
      const somebody = await world.login(node, 'somebody');
      expect((await other.as(one.body.accessToken, 'POST', '/auth/logout/all')).status).toBe(204);
      await expect.poll(() => node.me(one.body.accessToken), soon).toMatchObject(revoked('signed_out'));
      for (const login of [one, two]) await expectEnded(login, 'signed_out');
      await expectOngoing(somebody);
      expect(await audit(one.body.user.id)).toMatchObject([{ action: 'user.logout_all', session_id: null }]);
    });

    it('leaves a login within the same second alone', async () => {
      const before = await world.login(node, 'carl');
      await node.as(before.body.accessToken, 'POST', '/auth/logout/all');
      const after = await world.login(other, 'carl');
      expect(decodeJwt(after.body.accessToken).iat! - decodeJwt(before.body.accessToken).iat!).toBeLessThan(
        2,
      );
      await expectEnded(before, 'signed_out');
      await expectOngoing(after);
    });
  });

  describe('/me/sessions', () => {
    it('lists the sessions that go on, the one that asks first', async () => {
      const one = await world.login(node, 'dora');
      const two = await other.login(
        { code: await world.code('dora', cake.appid), appid: cake.appid },
        { headers: { 'user-agent': 'MicroMessenger/8.0' } },
      );
      const three = await world.login(node, 'dora');
      await node.as(three.body.accessToken, 'POST', '/auth/logout');
      const answer = await node.as(one.body.accessToken, 'GET', '/me/sessions');
      expect(answer.headers['cache-control']).toBe('no-store');
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(answer.body).toEqual([
        {
          id: sessionOf(one),
          current: true,
          appid: tea.appid,
          ip: '127.0.0.1',
          userAgent: null,
          createdAt: time,
          lastSeenAt: time,
        },
        {
          id: sessionOf(two),
          current: false,
          appid: cake.appid,
          ip: '127.0.0.1',
          userAgent: 'MicroMessenger/8.0',
          createdAt: time,
          lastSeenAt: time,
        },
      ]);
    });

    it.each([
      ['UTF-8', Buffer.from('小明的手机/1 📱'), '小明的手机/1 📱'],
      ['latin1', Buffer.from('T\u00e9l\u00e9phone/1', 'latin1'), 'T\u00e9l\u00e9phone/1'],
      ['512 characters and half an emoji', Buffer.from(`${'x'.repeat(511)}📱`), `${'x'.repeat(511)}\ufffd`],
    ])('shows a client that calls itself something in %s', async (_, bytes, userAgent) => {
      // The harness would write the header as UTF-8, as Node does in front of a text.
      const response = await fetch(new URL('/auth/login', node.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': bytes.toString('latin1') },
        body: JSON.stringify({ code: await world.code('dina'), appid: tea.appid }),
      });
      const { accessToken } = (await response.json()) as { accessToken: string };
      const { body: sessions } = await node.as(accessToken, 'GET', '/me/sessions');
      expect(sessions[0]).toMatchObject({ current: true, userAgent });
    });

    it('tells when a session was last refreshed', async () => {
      const { body } = await world.login(node, 'dora');
      await node.refresh(body.refreshToken);
      const [{ createdAt, lastSeenAt }] = (await node.as(body.accessToken, 'GET', '/me/sessions')).body;
      expect(Date.parse(lastSeenAt)).toBeGreaterThan(Date.parse(createdAt));
    });

    it('names the one that asks even among hundreds of newer ones', async () => {
      const login = await world.login(node, 'emil');
      await world.database.query(
        `INSERT INTO sessions (id, user_id, client_id, session_epoch, refresh_hash, expires_at)
         SELECT gen_random_uuid(), user_id, client_id, session_epoch, refresh_hash, expires_at
         FROM sessions, generate_series(1, 300) WHERE id = $1`,
        [sessionOf(login)],
      );
      const { body } = await node.as(login.body.accessToken, 'GET', '/me/sessions');
      expect(body).toHaveLength(100);
      expect(body[0]).toMatchObject({ id: sessionOf(login), current: true });
    });

    it('ends one of them from another phone', async () => {
      const [here, there] = [await world.login(node, 'fred'), await world.login(node, 'fred')];
      const answer = await node.as(here.body.accessToken, 'DELETE', `/me/sessions/${sessionOf(there)}`);
      expect(answer.status).toBe(204);
      await expectEnded(there, 'signed_out');
      await expectOngoing(here);
    });

    it('knows an id in capitals', async () => {
      const login = await world.login(node, 'fred');
      const path = `/me/sessions/${sessionOf(login).toUpperCase()}`;
      expect((await node.as(login.body.accessToken, 'DELETE', path)).status).toBe(204);
      expect(await node.me(login.body.accessToken)).toMatchObject(revoked('signed_out'));
    });

    it('ends the one that asks, too', async () => {
      const login = await world.login(node, 'fred');
      const answer = await node.as(login.body.accessToken, 'DELETE', `/me/sessions/${sessionOf(login)}`);
      expect(answer.status).toBe(204);
      await expectEnded(login, 'signed_out');
    });

    it('answers not_found to what is nobody’s, somebody else’s, or over', async () => {
      const [mine, theirs] = [await world.login(node, 'gina'), await world.login(node, 'hans')];
      const over = await world.login(node, 'gina');
      await node.as(over.body.accessToken, 'POST', '/auth/logout');
      for (const id of [sessionOf(theirs), sessionOf(over), '01a1fc0b-8543-769f-a0a8-36d8f00a7120']) {
        expect(await node.as(mine.body.accessToken, 'DELETE', `/me/sessions/${id}`)).toMatchObject({
          status: 404,
          body: { code: 'not_found' },
        });
      }
      await expectOngoing(theirs);
      const malformed = await node.as(mine.body.accessToken, 'DELETE', '/me/sessions/nonsense');
      expect(malformed).toMatchObject({ status: 400, body: { errors: [{ field: 'id' }] } });
    });
  });

  describe('PATCH /admin/users/:id', () => {
    it('disables a person: sessions end, and a login tells why and until when', async () => {
      const login = await world.login(node, 'ida');
      const { id } = login.body.user;
      const until = new Date(Date.now() + 86_400_000).toISOString();
      const answer = await asOperator('PATCH', id, { status: 'disabled', reason: '广告', until });
      expect(answer).toMatchObject({
        status: 200,
        body: { id, status: 'disabled', disabledReason: '广告', disabledUntil: until, sessions: [] },
      });
      await expectEnded(login, 'disabled');
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
          actor_id: operator.id,
          session_id: null,
          ip: '127.0.0.1',
          details: { until },
        },
      ]);
    });

    it('enables them again: they log in anew, the old sessions stay ended', async () => {
      const login = await world.login(node, 'jane');
      const { id } = login.body.user;
      await asOperator('PATCH', id, { status: 'disabled', reason: 'spam' });
      expect((await asOperator('PATCH', id, { status: 'active' })).body).toMatchObject({
        status: 'active',
        disabledReason: null,
        disabledUntil: null,
      });
      await expectOngoing(await world.login(node, 'jane'));
      await expectEnded(login, 'disabled');
      expect((await audit(id)).map(({ action }) => action)).toEqual(['user.disabled', 'user.enabled']);
    });

    it('lets them in again by itself once the time is over', async () => {
      const { id } = (await world.login(node, 'kate')).body.user;
      await asOperator('PATCH', id, {
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

    it('disables for good who was disabled until a time that is over', async () => {
      const { id } = (await world.login(node, 'lisa')).body.user;
      await asOperator('PATCH', id, {
        status: 'disabled',
        until: new Date(Date.now() + 60_000).toISOString(),
      });
      await world.database.query('UPDATE users SET disabled_until = now() WHERE id = $1', [id]);
      expect((await asOperator('PATCH', id, { status: 'disabled', reason: 'fraud' })).body).toMatchObject({
        status: 'disabled',
        disabledReason: 'fraud',
        disabledUntil: null,
      });
      expect((await world.login(node, 'lisa')).status).toBe(403);
    });

    it('writes nothing into the audit where nothing changes', async () => {
      const { id } = (await world.login(node, 'lore')).body.user;
      const until = new Date(Date.now() + 86_400_000).toISOString();
      for (const body of [
        { status: 'disabled', until },
        { status: 'disabled' },
        { until },
        { reason: null },
      ]) {
        expect((await asOperator('PATCH', id, body)).body).toMatchObject({ disabledUntil: until });
      }
      expect(await audit(id)).toHaveLength(1);
    });

    it('changes reason and end of a person who is disabled already', async () => {
      const { id } = (await world.login(node, 'lena')).body.user;
      const until = new Date(Date.now() + 86_400_000).toISOString();
      await asOperator('PATCH', id, { status: 'disabled', reason: 'one', until });
      expect((await asOperator('PATCH', id, { reason: 'two' })).body).toMatchObject({
        disabledReason: 'two',
        disabledUntil: until,
      });
      expect((await asOperator('PATCH', id, { status: 'disabled', until: null })).body).toMatchObject({
        disabledReason: 'two',
        disabledUntil: null,
      });
    });

    it('sets roles: older tokens are expired within a second, and the session goes on with the new ones', async () => {
      const login = await world.login(node, 'mona');
      const { id } = login.body.user;
      await asOperator('PATCH', id, { roles: ['admin', 'editor'] });
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

    it('takes a role away: the next guarded request of that role is refused within a second', async () => {
      const login = await world.login(node, 'nora');
      const { id } = login.body.user;
      await asOperator('PATCH', id, { roles: ['admin'] });
      const before = await other.refresh(login.body.refreshToken);
      const guarded = (answer: Answer) => other.as(answer.body.accessToken, 'GET', `/admin/users/${id}`);
      expect((await guarded(before)).status).toBe(200);
      await asOperator('PATCH', id, { roles: [] });
      await expect
        .poll(() => guarded(before), soon)
        .toMatchObject({ status: 401, body: { code: 'token_expired' } });
      const after = await other.refresh(before.body.refreshToken);
      expect(await guarded(after)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    });

    it('does both at once', async () => {
      const login = await world.login(node, 'olga');
      const { id } = login.body.user;
      await asOperator('PATCH', id, { status: 'disabled', roles: ['editor'] });
      await expectEnded(login, 'disabled');
      await asOperator('PATCH', id, { status: 'active' });
      expect((await world.login(node, 'olga')).body.user.roles).toEqual(['editor']);
    });

    it.each([{}, { unknown: 1 }, { roles: [] }, { status: 'active' }])(
      'changes nothing by %j',
      async (body) => {
        const login = await world.login(node, 'paul');
        expect((await asOperator('PATCH', login.body.user.id, body)).status).toBe(200);
        await expectOngoing(login);
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
      ['a reason for an active person', { reason: 'spam' }],
      ['an end for an active person', { status: 'active', until: '2099-01-01T00:00:00Z' }],
      ['a role in capitals', { roles: ['Admin'] }, ['roles']],
      ['roles that are none', { roles: 'admin' }, ['roles']],
      ['no roles', { roles: null }, ['roles']],
      ['a role that is a number', { roles: [1] }, ['roles']],
      ['seventeen roles', { roles: Array.from({ length: 17 }, (_, index) => `role${index}`) }, ['roles']],
      ['a list', []],
    ])('answers invalid_request to %s', async (_, body, fields) => {
      const { id } = (await world.login(node, 'quinn')).body.user;
      const answer = await asOperator('PATCH', id, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(answer.body.errors?.map(({ field: named }: { field: string }) => named)).toEqual(fields);
      expect(await audit(id)).toEqual([]);
    });

    it('neither disables nor enables who was merged', async () => {
      const { id } = (await world.login(node, 'rosa')).body.user;
      await world.database.query(`UPDATE users SET status = 'merged' WHERE id = $1`, [id]);
      for (const change of [{ status: 'active' }, { status: 'disabled' }, { roles: ['editor'] }]) {
        expect((await asOperator('PATCH', id, change)).body.code).toBe('invalid_request');
      }
    });

    it('answers not_found where there is nobody, and forbidden to who is no operator', async () => {
      const nobody = '01a1fc0b-8543-769f-a0a8-36d8f00a7120';
      expect((await asOperator('PATCH', nobody, { status: 'disabled' })).status).toBe(404);
      expect((await asOperator('DELETE', `${nobody}/sessions`)).status).toBe(404);
      const { body } = await world.login(node, 'sara');
      expect((await node.as(body.accessToken, 'PATCH', `/admin/users/${body.user.id}`, {})).status).toBe(403);
      expect(
        (await node.as(body.accessToken, 'DELETE', `/admin/users/${body.user.id}/sessions`)).status,
      ).toBe(403);
    });

    it('leaves no live session where a login races it, fifty times', async () => {
      const { id } = (await world.login(node, 'tina')).body.user;
      for (let round = 0; round < 50; round += 1) {
        const codes = await Promise.all([world.code('tina'), world.code('tina')]);
        const [one, , two] = await Promise.all([
          node.login({ code: codes[0], appid: tea.appid }),
          asOperator('PATCH', id, { status: 'disabled' }),
          other.login({ code: codes[1], appid: tea.appid }),
        ]);
        for (const { status, body } of [one, two]) {
          if (status !== 200) continue;
          expect(await node.me(body.accessToken)).toMatchObject(revoked('disabled'));
          expect(await other.refresh(body.refreshToken)).toMatchObject(revoked('disabled'));
        }
        expect((await asOperator('GET', id)).body.sessions).toEqual([]);
        await asOperator('PATCH', id, { status: 'active' });
      }
    });
  });

  describe('DELETE /admin/users/:id/sessions', () => {
    it('ends all sessions of a person, who may log in again', async () => {
      const [one, two] = [await world.login(node, 'ulf'), await world.login(other, 'ulf', cake.appid)];
      const { id } = one.body.user;
      expect(await asOperator('DELETE', `${id}/sessions`)).toMatchObject({ status: 204, text: '' });
      for (const login of [one, two]) await expectEnded(login, 'kicked');
      await expectOngoing(await world.login(node, 'ulf'));
      expect(await audit(id)).toMatchObject([{ action: 'user.kicked', actor_id: operator.id }]);
    });
  });

  it('of a merged or erased person is told as such', async () => {
    for (const [status, reason] of [
      ['merged', 'merged'],
      ['deleting', 'deleted'],
    ]) {
      const { body } = await world.login(node, `gone-${status}`);
      await world.database.query('UPDATE users SET status = $1 WHERE id = $2', [status, body.user.id]);
      expect(await node.refresh(body.refreshToken)).toMatchObject(revoked(reason!));
    }
  });
});
