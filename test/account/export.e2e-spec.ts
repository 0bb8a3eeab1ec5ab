import { beforeAll, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import type { ServiceNode } from '../harness/node.js';
import { createUserWithAllData } from '../harness/deletion.js';
import { cake, tea, useWorld } from '../harness/world.js';

describe('exporting an account', () => {
  const world = useWorld();
  let node: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    node = await world.startNode();
    admin = await world.createAdmin(node);
  });

  describe('GET /me/export', () => {
    const manySessions = 10_000;

    /** Logins of long ago, each of which takes its place in the document. */
    const addSessions = (id: string) =>
      world.database.query(
        `INSERT INTO sessions (id, user_id, client_id, session_epoch, refresh_hash, user_agent, expires_at)
         SELECT gen_random_uuid(), $1, 'app', 0, '', repeat('x', 512), now() FROM generate_series(1, $2)`,
        [id, manySessions],
      );

    it('holds all there is of the user, openids among it, and no session_key', async () => {
      const { login, id, traces } = await createUserWithAllData(world, node, 'sara', '13800000009');
      await admin.callUsers('PATCH', id, { roles: ['tester'] });
      const { accessToken } = (await node.refresh(login.body.refreshToken)).body;
      const answer = await node.as(accessToken, 'GET', '/me/export');
      expect(answer).toMatchObject({
        status: 200,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-disposition': `attachment; filename="${id}.json"`,
          'cache-control': 'no-store',
        },
      });
      const me = (await node.me(accessToken)).body;
      const { exportedAt, user, consent, identities, unionids, sessions, events, ...rest } = answer.body;
      expect(unionids).toEqual([traces[1]]);
      expect(rest).toEqual({});
      expect(Math.abs(Date.parse(exportedAt) - Date.now())).toBeLessThan(60_000);
      expect(me).toMatchObject({ id, nickname: 'nickname of sara', phone: '+8613800000009', consent });
      const { identities: _, consent: __, ...ofUser } = me;
      expect(user).toEqual({ ...ofUser, status: 'active', lastLoginAt: expect.any(String) });
      expect(identities).toEqual([
        {
          appid: cake.appid,
          appName: 'Cake',
          openid: traces[0],
          unionid: traces[1],
          linkedAt: expect.any(String),
        },
        {
          appid: tea.appid,
          appName: 'Tea',
          openid: traces[2],
          unionid: traces[3],
          linkedAt: expect.any(String),
        },
      ]);
      expect(sessions).toHaveLength(3);
      expect(sessions[1]).toMatchObject({ appid: tea.appid, ip: '127.0.0.1', userAgent: 'phone of sara' });
      expect(events).toMatchObject([
        { action: 'user.exported', by: 'self', ip: '127.0.0.1' },
        { action: 'user.roles_changed', by: 'operator', ip: null },
        { action: 'user.logout_all', by: 'self', ip: '127.0.0.1' },
      ]);
      expect(answer.text).not.toContain('sealed');
      expect(answer.text).not.toContain(admin.id);
    });

    it('holds also what stands under users who were merged into the user', async () => {
      await world.control('POST', '/users', { id: 'wilma', unionid: false });
      const older = await world.login(node, 'wilma');
      const younger = await world.login(node, 'wilma', cake.appid);
      await node.as(younger.body.accessToken, 'POST', '/auth/logout');
      await world.control('POST', '/users', { id: 'wilma', unionid: true });
      await world.login(node, 'wilma', cake.appid);
      const { body } = await world.login(node, 'wilma');
      expect(body.user.id).toBe(older.body.user.id);
      const { sessions, events } = (await node.as(body.accessToken, 'GET', '/me/export')).body;
      expect(sessions).toHaveLength(4);
      expect(sessions).toContainEqual(
        expect.objectContaining({ appid: cake.appid, endedReason: 'signed_out' }),
      );
      expect(events).toContainEqual(
        expect.objectContaining({ action: 'session.logout', by: 'self', ip: '127.0.0.1' }),
      );
    });

    it('is complete for a user with 10,000 sessions', async () => {
      const { body } = await world.login(node, 'tina');
      await addSessions(body.user.id);
      const { sessions } = (await node.as(body.accessToken, 'GET', '/me/export')).body;
      expect(new Set(sessions.map(({ id }: { id: string }) => id)).size).toBe(manySessions + 1);
    });

    it('is cut off if the database fails midway', async () => {
      const { body } = await world.login(node, 'ulla');
      await addSessions(body.user.id);
      const response = await fetch(new URL('/me/export', node.url), {
        headers: { authorization: `Bearer ${body.accessToken}` },
      });
      const reader = response.body!.getReader();
      await reader.read();
      await world.database.query('ALTER TABLE sessions RENAME TO gone');
      const rest = async () => {
        while (!(await reader.read()).done);
      };
      try {
        await expect(rest()).rejects.toThrow('terminated');
      } finally {
        await world.database.query('ALTER TABLE gone RENAME TO sessions');
      }
      expect((await node.me(body.accessToken)).status).toBe(200);
    });

    it('wants a token', async () => {
      expect((await node.get('/me/export')).body.code).toBe('token_missing');
    });
  });
});
