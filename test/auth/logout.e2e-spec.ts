import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { expectEnded, expectOngoing, sessionIdOf, sessionRevoked } from '../harness/sessions.js';
import { cake, soon, useWorld } from '../harness/world.js';

describe('logging out', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

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
      await expectEnded(node, other, one, 'signed_out');
      await expectOngoing(node, other, two);
      expect(await audit(one.body.user.id)).toEqual([
        {
          action: 'session.logout',
          actor: 'person',
          actor_id: one.body.user.id,
          session_id: sessionIdOf(one),
          ip: '127.0.0.1',
          details: {},
        },
      ]);
    });

    it('takes any body or none, and a second one finds the session ended', async () => {
      const { body } = await world.login(node, 'anna');
      expect((await node.as(body.accessToken, 'POST', '/auth/logout', {})).status).toBe(204);
      expect(await node.as(body.accessToken, 'POST', '/auth/logout')).toMatchObject(
        sessionRevoked('signed_out'),
      );
    });

    it.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain'])(
      'takes an empty body that is said to be %s',
      async (type) => {
        const { body } = await world.login(node, 'anna');
        const headers = { authorization: `Bearer ${body.accessToken}`, 'content-type': type };
        expect((await node.call('POST', '/auth/logout', { headers, body: '' })).status).toBe(204);
      },
    );

    it('refuses the access token from then on even if the row of its session is gone', async () => {
      const login = await world.login(node, 'anna');
      await world.database.query('DELETE FROM sessions WHERE id = $1', [sessionIdOf(login)]);
      expect((await node.as(login.body.accessToken, 'POST', '/auth/logout')).status).toBe(204);
      expect(await node.me(login.body.accessToken)).toMatchObject(sessionRevoked('signed_out'));
      await expect
        .poll(() => other.me(login.body.accessToken), soon)
        .toMatchObject(sessionRevoked('signed_out'));
    });

    it('wants a token', async () => {
      for (const path of ['/auth/logout', '/auth/logout/all']) {
        expect((await node.post(path, undefined)).body.code).toBe('token_missing');
      }
    });

    it('is done once if many ask at once', async () => {
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
    it('ends all sessions of the user, whatever mini-program they came through, and of nobody else', async () => {
      const [one, two] = [await world.login(node, 'bert'), await world.login(other, 'bert', cake.appid)];
      const somebody = await world.login(node, 'somebody');
      expect((await other.as(one.body.accessToken, 'POST', '/auth/logout/all')).status).toBe(204);
      await expect
        .poll(() => node.me(one.body.accessToken), soon)
        .toMatchObject(sessionRevoked('signed_out'));
      for (const login of [one, two]) await expectEnded(node, other, login, 'signed_out');
      await expectOngoing(node, other, somebody);
      expect(await audit(one.body.user.id)).toMatchObject([{ action: 'user.logout_all', session_id: null }]);
    });

    it('leaves a login within the same second alone', async () => {
      const issuedAt = ({ body }: Answer) => decodeJwt(body.accessToken).iat!;
      let before: Answer;
      let after: Answer;
      // A busy machine does not always come to the second login within a second.
      do {
        before = await world.login(node, 'carl');
        await node.as(before.body.accessToken, 'POST', '/auth/logout/all');
        after = await world.login(other, 'carl');
      } while (issuedAt(after) - issuedAt(before) > 1);
      expect([before.status, after.status]).toEqual([200, 200]);
      await expectEnded(node, other, before, 'signed_out');
      await expectOngoing(node, other, after);
    });
  });
});
