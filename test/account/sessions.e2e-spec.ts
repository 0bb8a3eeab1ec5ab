import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { expectEnded, expectOngoing, sessionIdOf, sessionRevoked } from '../harness/sessions.js';
import { cake, tea, useWorld } from '../harness/world.js';

describe('the sessions of a user', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
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
          id: sessionIdOf(one),
          current: true,
          appid: tea.appid,
          ip: '127.0.0.1',
          userAgent: null,
          createdAt: time,
          lastSeenAt: time,
        },
        {
          id: sessionIdOf(two),
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
        [sessionIdOf(login)],
      );
      const { body } = await node.as(login.body.accessToken, 'GET', '/me/sessions');
      expect(body).toHaveLength(100);
      expect(body[0]).toMatchObject({ id: sessionIdOf(login), current: true });
    });

    it('ends one of them from another phone', async () => {
      const [here, there] = [await world.login(node, 'fred'), await world.login(node, 'fred')];
      const answer = await node.as(here.body.accessToken, 'DELETE', `/me/sessions/${sessionIdOf(there)}`);
      expect(answer.status).toBe(204);
      await expectEnded(node, other, there, 'signed_out');
      await expectOngoing(node, other, here);
    });

    it('knows an id in capitals', async () => {
      const login = await world.login(node, 'fred');
      const path = `/me/sessions/${sessionIdOf(login).toUpperCase()}`;
      expect((await node.as(login.body.accessToken, 'DELETE', path)).status).toBe(204);
      expect(await node.me(login.body.accessToken)).toMatchObject(sessionRevoked('signed_out'));
    });

    it('ends the one that asks, too', async () => {
      const login = await world.login(node, 'fred');
      const answer = await node.as(login.body.accessToken, 'DELETE', `/me/sessions/${sessionIdOf(login)}`);
      expect(answer.status).toBe(204);
      await expectEnded(node, other, login, 'signed_out');
    });

    it('answers not_found for an unknown session, a session of another user, and an ended one', async () => {
      const [mine, theirs] = [await world.login(node, 'gina'), await world.login(node, 'hans')];
      const over = await world.login(node, 'gina');
      await node.as(over.body.accessToken, 'POST', '/auth/logout');
      for (const id of [sessionIdOf(theirs), sessionIdOf(over), '01a1fc0b-8543-769f-a0a8-36d8f00a7120']) {
        expect(await node.as(mine.body.accessToken, 'DELETE', `/me/sessions/${id}`)).toMatchObject({
          status: 404,
          body: { code: 'not_found' },
        });
      }
      await expectOngoing(node, other, theirs);
      const malformed = await node.as(mine.body.accessToken, 'DELETE', '/me/sessions/nonsense');
      expect(malformed).toMatchObject({ status: 400, body: { errors: [{ field: 'id' }] } });
    });
  });
});
