import { beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('/me/identities', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

  const link = async (login: Answer, user: string, appid: string, code?: string) =>
    node.as(login.body.accessToken, 'POST', '/me/identities', {
      code: code ?? (await world.code(user, appid)),
      appid,
    });
  const unlink = (login: Answer, appid: string) =>
    node.as(login.body.accessToken, 'DELETE', `/me/identities/${appid}`);
  const appids = async (login: Answer): Promise<string[]> =>
    (await node.me(login.body.accessToken)).body.identities.map(({ appid }: { appid: string }) => appid);
  const problem = (status: number, code: string) => ({ status, body: { code } });

  it('links a mini-program that no unionid ties to the first: its logins lead to the same user', async () => {
    const login = await world.login(node, 'anna', tea.appid);
    const answer = await link(login, 'anna', alone.appid);
    expect(answer.status).toBe(200);
    expect(answer.body.identities.map(({ appid }: { appid: string }) => appid)).toEqual([
      tea.appid,
      alone.appid,
    ]);
    const through = await world.login(other, 'anna', alone.appid);
    expect(through.body).toMatchObject({ isNewUser: false, user: { id: login.body.user.id } });
    const data = await world.control('POST', '/wx/getUserInfo', { appid: alone.appid, user: 'anna' });
    expect((await node.as(through.body.accessToken, 'POST', '/me/open-data', data)).status).toBe(200);
  });

  it('links the same again without a change, and once if it comes many times at once', async () => {
    const login = await world.login(node, 'bert', tea.appid);
    expect((await link(login, 'bert', tea.appid)).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 4 }, () => link(login, 'bert', alone.appid)));
    expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
    expect(await appids(login)).toEqual([tea.appid, alone.appid]);
    expect(
      await world.database.count(
        `audit_events WHERE action = 'user.identity_linked' AND user_id = '${login.body.user.id}'`,
      ),
    ).toBe(1);
  });

  it('learns the new session_key and the unionid of what is linked already', async () => {
    await world.control('POST', '/users', { id: 'beat', unionid: false });
    const login = await world.login(node, 'beat', tea.appid);
    await link(login, 'beat', alone.appid);
    await world.control('POST', '/users', { id: 'beat', unionid: true });
    expect((await link(login, 'beat', tea.appid)).status).toBe(200);
    const data = await world.control('POST', '/wx/getUserInfo', { appid: tea.appid, user: 'beat' });
    expect((await node.as(login.body.accessToken, 'POST', '/me/open-data', data)).status).toBe(200);
    const through = await world.login(node, 'beat', alone.appid);
    expect((await unlink(through, tea.appid)).status).toBe(204);
    expect((await world.login(node, 'beat', tea.appid)).body.isNewUser).toBe(true);
  });

  it('does not link what is another user’s, or whose unionid is', async () => {
    const login = await world.login(node, 'carl', tea.appid);
    await world.login(node, 'dora', alone.appid);
    expect(await link(login, 'dora', alone.appid)).toMatchObject(problem(409, 'identity_taken'));
    await world.login(node, 'emil', tea.appid);
    expect(await link(login, 'emil', cake.appid)).toMatchObject(problem(409, 'identity_taken'));
    expect(await appids(login)).toEqual([tea.appid]);
    expect(await world.database.count(`identities WHERE appid = '${cake.appid}'`)).toBe(0);
  });

  it('does not link a second identity in one mini-program', async () => {
    const login = await world.login(node, 'fred', alone.appid);
    expect(await link(login, 'gina', alone.appid)).toMatchObject(problem(409, 'identity_taken'));
  });

  it('refuses a code that WeChat refuses, another mini-program, and a malformed body', async () => {
    const login = await world.login(node, 'hans', tea.appid);
    expect(await link(login, 'hans', alone.appid, 'made up')).toMatchObject(problem(401, 'code_invalid'));
    expect(await link(login, 'hans', 'wxffffffffffffffff', 'x')).toMatchObject(problem(400, 'unknown_app'));
    for (const body of [{}, { code: 'x' }, { appid: tea.appid }, { code: 5, appid: tea.appid }]) {
      expect(await node.as(login.body.accessToken, 'POST', '/me/identities', body)).toMatchObject(
        problem(400, 'invalid_request'),
      );
    }
  });

  it('unlinks: sessions that came through it end, and its next login is a new user', async () => {
    const login = await world.login(node, 'ida', tea.appid);
    await link(login, 'ida', alone.appid);
    const through = await world.login(node, 'ida', alone.appid);
    expect(await unlink(login, alone.appid)).toMatchObject({ status: 204, text: '' });
    expect(await appids(login)).toEqual([tea.appid]);
    const ended = { status: 401, body: { code: 'session_revoked', reason: 'signed_out' } };
    expect(await node.me(through.body.accessToken)).toMatchObject(ended);
    expect(await other.refresh(through.body.refreshToken)).toMatchObject(ended);
    const again = await world.login(node, 'ida', alone.appid);
    expect(again.body.isNewUser).toBe(true);
    expect(again.body.user.id).not.toBe(login.body.user.id);
  });

  it('unlinks what thousands of sessions came through, and ends each of them', async () => {
    const login = await world.login(node, 'ines', tea.appid);
    await link(login, 'ines', alone.appid);
    const { id } = login.body.user;
    await world.database.query(
      `INSERT INTO sessions (id, user_id, identity_id, client_id, session_epoch, refresh_hash, expires_at)
       SELECT gen_random_uuid(), $1, identities.id, appid, 1, '', now() + interval '1 day'
       FROM identities, generate_series(1, 2500) WHERE identities.user_id = $1 AND appid = $2`,
      [id, alone.appid],
    );
    expect((await unlink(login, alone.appid)).status).toBe(204);
    const ended = `sessions WHERE user_id = '${id}' AND ended_reason = 'signed_out'`;
    expect(await world.database.count(ended)).toBe(2_500);
    const revoked = `revocations WHERE session_id IN (SELECT id FROM ${ended})`;
    expect(await world.database.count(revoked)).toBe(2_500);
  });

  it('does not unlink what its unionid would bring back', async () => {
    const login = await world.login(node, 'jane', tea.appid);
    await world.login(node, 'jane', cake.appid);
    expect(await unlink(login, cake.appid)).toMatchObject(problem(409, 'identity_shared'));
  });

  it('unlinks what has a unionid of its own, so that it does not come back', async () => {
    const login = await world.login(node, 'kate', alone.appid);
    await link(login, 'kate', tea.appid);
    expect((await unlink(login, tea.appid)).status).toBe(204);
    expect((await world.login(node, 'kate', tea.appid)).body.isNewUser).toBe(true);
  });

  it('keeps two identities in one mini-program apart, which an earlier version has put into one user', async () => {
    const tell = (id: string, unionid: boolean) => world.control('POST', '/users', { id, unionid });
    await tell('maja', false);
    await tell('nele', false);
    const login = await world.login(node, 'maja', tea.appid);
    await link(login, 'nele', cake.appid);
    await tell('maja', true);
    await world.login(node, 'maja', tea.appid);
    const apart = await world.login(node, 'maja', cake.appid);
    await world.database.query(
      `UPDATE identities SET user_id = $1, unionid = (SELECT unionid FROM unionids WHERE user_id = $1)
       WHERE user_id = $2`,
      [login.body.user.id, apart.body.user.id],
    );
    const own = await world.login(node, 'maja', cake.appid);
    const linked = await world.login(node, 'nele', cake.appid);
    for (const [user, { body }] of Object.entries({ maja: own, nele: linked })) {
      expect(body.user.id).toBe(login.body.user.id);
      const asked = { appid: cake.appid, user };
      const data = await world.control('POST', '/wx/getUserInfo', asked);
      expect((await node.as(body.accessToken, 'POST', '/me/open-data', data)).status).toBe(200);
      const { code } = await world.control('POST', '/wx/getPhoneNumber', asked);
      expect((await node.as(body.accessToken, 'POST', '/me/phone', { code })).status).toBe(200);
      expect((await node.as(body.accessToken, 'GET', '/me/session-key')).body).toEqual({ valid: true });
    }
    expect((await unlink(login, cake.appid)).status).toBe(204);
    expect((await world.login(node, 'maja', cake.appid)).body.user.id).toBe(login.body.user.id);
    expect((await world.login(node, 'nele', cake.appid)).body.isNewUser).toBe(true);
    expect(await unlink(login, cake.appid)).toMatchObject(problem(409, 'identity_shared'));
  });

  it('does not unlink the only one, or what is not linked', async () => {
    const login = await world.login(node, 'lena', tea.appid);
    expect(await unlink(login, tea.appid)).toMatchObject(problem(409, 'identity_last'));
    expect(await unlink(login, alone.appid)).toMatchObject(problem(404, 'not_found'));
    await link(login, 'lena', alone.appid);
    const answers = await Promise.all([unlink(login, tea.appid), unlink(login, alone.appid)]);
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  });

  describe('refuses a request that could give another user access:', () => {
    const forbidden = (detail: RegExp) => ({
      status: 403,
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
      body: { code: 'forbidden', detail: expect.stringMatching(detail) },
    });
    const withRole = forbidden(/has a role.*Ask an admin/);
    const elsewhere = forbidden(/not opened in a mini-program.*Log in with wx.login/);
    const setRoles = `UPDATE users SET roles = '{admin}' WHERE id = $1`;
    const linkedBy = (login: Answer) =>
      world.database.count(`identities WHERE user_id = '${login.body.user.id}'`);

    it('a thief with a copied access token, who would come in by a WeChat of their own', async () => {
      const victim = await world.login(node, 'mona');
      const { id } = victim.body.user;
      await world.database.query(
        `UPDATE sessions SET created_at = created_at - interval '10 minutes' WHERE user_id = $1`,
        [id],
      );
      const copied = await node.refresh(victim.body.refreshToken);

      const fresh = problem(401, 'fresh_login_required');
      expect(await link(copied, 'thief', alone.appid)).toMatchObject(fresh);
      expect(await unlink(copied, tea.appid)).toMatchObject(fresh);
      const thief = await world.login(node, 'thief', alone.appid);
      expect(thief.body).toMatchObject({ isNewUser: true });
      expect(thief.body.user.id).not.toBe(id);
      expect(await link(copied, 'thief', cake.appid)).toMatchObject(fresh);
      expect((await world.login(node, 'thief', cake.appid)).body.user.id).not.toBe(id);

      await node.as(copied.body.accessToken, 'POST', '/auth/logout/all');
      const again = await world.login(node, 'mona');
      expect(again.body).toMatchObject({ isNewUser: false, user: { id } });
      expect(await appids(again)).toEqual([tea.appid]);
    });

    it('a session of admin:token, whose ten minutes would last for ever', async () => {
      const login = await world.login(node, 'nora');
      const { id } = login.body.user;
      for (const roles of ['{admin}', '{}']) {
        await world.database.query('UPDATE users SET roles = $2 WHERE id = $1', [id, roles]);
        const { stdout } = await runCommand('admin:token', ['--user', id], world.environment());
        const token = stdout.trim();
        world.keepSecret(token);
        const operator = { body: { accessToken: token } } as Answer;
        expect(await link(operator, 'niels', alone.appid)).toMatchObject(elsewhere);
        expect(await unlink(operator, tea.appid)).toMatchObject(elsewhere);
      }
      const through = await world.login(node, 'niels', alone.appid);
      expect(through.body).toMatchObject({ isNewUser: true, user: { roles: [] } });
    });

    it('a session of what is no mini-program of this deployment', async () => {
      const login = await world.login(node, 'olga', alone.appid);
      const [{ appid, secret }] = [tea];
      const smaller = await world.startNode({ WECHAT_APPS: JSON.stringify([{ appid, secret }]) });
      const call = (method: string, path: string, body?: object) =>
        smaller.as(login.body.accessToken, method, `/me/identities${path}`, body);
      const code = await world.code('olga', tea.appid);
      expect(await call('POST', '', { code, appid })).toMatchObject(elsewhere);
      expect(await call('DELETE', `/${alone.appid}`)).toMatchObject(elsewhere);
      expect(await linkedBy(login)).toBe(1);
    });

    it('a user with a role, by the fresh login of their phone: nothing is asked of WeChat', async () => {
      await world.login(node, 'paul');
      const { id } = (await world.login(node, 'paul')).body.user;
      await world.database.query(setRoles, [id]);
      const login = await world.login(node, 'paul');
      expect(login.body.user.roles).toEqual(['admin']);
      const before = await world.exchanges();
      expect(await link(login, 'paul', alone.appid)).toMatchObject(withRole);
      expect(await world.exchanges()).toEqual(before);
      expect(await unlink(login, tea.appid)).toMatchObject(withRole);
      expect(await linkedBy(login)).toBe(1);
    });

    it('a user whose token is from before they had the role', async () => {
      const login = await world.login(node, 'quin');
      await world.database.query(setRoles, [login.body.user.id]);
      expect(await link(login, 'quin', alone.appid)).toMatchObject(withRole);
      expect(await unlink(login, tea.appid)).toMatchObject(withRole);
    });

    it('a user who gets a role meanwhile', async () => {
      const login = await world.login(node, 'rosa');
      const code = await world.code('rosa', alone.appid);
      for (const call of [() => link(login, 'rosa', alone.appid, code), () => unlink(login, tea.appid)]) {
        const letGo = await world.hold(setRoles, [login.body.user.id]);
        const answer = call();
        await world.waitsForLock();
        await letGo('COMMIT');
        expect(await answer).toMatchObject(withRole);
        await world.database.query(`UPDATE users SET roles = '{}' WHERE id = $1`, [login.body.user.id]);
      }
      expect(await linkedBy(login)).toBe(1);
      expect((await world.login(node, 'rosa', alone.appid)).body.isNewUser).toBe(true);
    });
  });
});
