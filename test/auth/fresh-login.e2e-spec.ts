import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, tea, useWorld } from '../harness/world.js';

/** Sets the clock of a process so many seconds ahead, for as long as it runs. */
const clockAhead = (seconds: number) => {
  const script = `const now = Date.now; Date.now = () => now() + ${seconds * 1_000}`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
};

describe('a fresh login', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

  const sessionIdOf = (login: Answer) => decodeJwt(login.body.accessToken)['sid'] as string;
  const authTimeOf = (answer: Answer) => decodeJwt(answer.body.accessToken)['auth_time'] as number;

  /** The access token of a session that was refreshed just now, and whose login was so many seconds ago. */
  async function tokenOfAge(login: Answer, seconds: number, on = node): Promise<string> {
    await world.database.query(
      'UPDATE sessions SET created_at = created_at - make_interval(secs => $2) WHERE id = $1',
      [sessionIdOf(login), seconds],
    );
    return (await on.refresh(login.body.refreshToken)).body.accessToken;
  }

  const refused = (maxAge: number) => ({
    status: 401,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'www-authenticate': `Bearer error="insufficient_user_authentication", max_age=${maxAge}`,
    },
    body: { status: 401, code: 'fresh_login_required', maxAge },
  });

  describe('is needed by a user', () => {
    it.each<[string, (user: string, token: string) => Promise<Answer>, number]>([
      [
        'to link a mini-program',
        async (user, token) =>
          node.as(token, 'POST', '/me/identities', {
            code: await world.code(user, alone.appid),
            appid: alone.appid,
          }),
        200,
      ],
      [
        'to unlink a mini-program',
        (_, token) => node.as(token, 'DELETE', `/me/identities/${alone.appid}`),
        404,
      ],
      ['to export the account', (_, token) => node.as(token, 'GET', '/me/export'), 200],
      ['to delete the account', (_, token) => node.as(token, 'DELETE', '/me'), 202],
    ])('%s: a refresh is none, and nothing is done without it', async (what, call, status) => {
      const login = await world.login(node, what);
      const { id } = login.body.user;
      const before = await world.exchanges();
      const answer = await call(what, await tokenOfAge(login, 121));
      expect(answer).toMatchObject(refused(120));
      expect(answer.body.detail).toMatch(/120 seconds .* Log in again/);
      expect(await world.exchanges(), 'the code is left for the repeat').toEqual(before);
      expect(await world.database.count(`users WHERE id = '${id}' AND status = 'active'`)).toBe(1);
      expect(await world.database.count(`identities WHERE user_id = '${id}'`)).toBe(1);

      const again = await world.login(node, what);
      expect((await call(what, again.body.accessToken)).status).toBe(status);
    });

    it('no more than 120 s ago: a login of a minute ago will do, refreshed or not', async () => {
      const token = await tokenOfAge(await world.login(node, 'anna'), 60);
      expect((await node.as(token, 'GET', '/me/export')).status).toBe(200);
    });

    it('for nothing else: an old session goes on', async () => {
      const token = await tokenOfAge(await world.login(node, 'anna'), 86_400);
      expect((await node.me(token)).status).toBe(200);
      expect((await node.as(token, 'GET', '/me/sessions')).status).toBe(200);
      expect((await node.as(token, 'POST', '/me', { nickname: 'Anna' })).status).toBe(200);
      expect((await node.as(token, 'POST', '/auth/logout')).status).toBe(204);
    });
  });

  describe('is needed by an admin', () => {
    async function adminToken(seconds: number): Promise<string> {
      await world.createAdmin(node);
      return tokenOfAge(await world.login(node, 'operator'), seconds);
    }

    const createUser = async (user: string): Promise<string> => (await world.login(node, user)).body.user.id;

    it.each<[string, (token: string, id: string, into: string) => Promise<Answer>, number]>([
      ['to change a user', (token, id) => node.as(token, 'PATCH', `/admin/users/${id}`, {}), 200],
      ['to kick a user', (token, id) => node.as(token, 'DELETE', `/admin/users/${id}/sessions`), 204],
      ['to erase a user', (token, id) => node.as(token, 'DELETE', `/admin/users/${id}`), 202],
      [
        'to merge users',
        (token, id, into) => node.as(token, 'POST', `/admin/users/${id}/merge`, { into }),
        200,
      ],
    ])('%s, 900 s ago at most', async (what, call, status) => {
      const [{ body }, into] = [
        await world.login(node, what, alone.appid),
        await createUser(`${what}: into`),
      ];
      const { id } = body.user;
      expect(await call(await adminToken(901), id, into)).toMatchObject(refused(900));
      expect((await node.me(body.accessToken)).status, 'nothing was done').toBe(200);
      expect((await call(await adminToken(600), id, into)).status).toBe(status);
    });

    it('for changes alone: reading goes on', async () => {
      const token = await adminToken(86_400);
      const id = await createUser('bert');
      expect((await node.as(token, 'POST', '/admin/users/search', { q: id })).status).toBe(200);
      for (const path of [`/admin/users/${id}`, '/admin/audit', '/admin/stats']) {
        expect((await node.as(token, 'GET', path)).status, path).toBe(200);
      }
    });

    it('and is given by admin:token', async () => {
      const { id } = await world.createAdmin(node);
      const { stdout } = await runCommand('admin:token', ['--user', id], world.environment());
      const token = stdout.trim();
      world.keepSecret(token);
      const { auth_time: loggedInAt, iat } = decodeJwt(token) as { auth_time: number; iat: number };
      expect(iat - loggedInAt).toBeOneOf([0, 1]);
      expect((await node.as(token, 'PATCH', `/admin/users/${await createUser('carl')}`, {})).status).toBe(
        200,
      );
    });
  });

  it('is asked for last: an ended session and a missing role come first', async () => {
    const login = await world.login(node, 'dora');
    const token = await tokenOfAge(login, 1_000);
    const change = () => node.as(token, 'PATCH', `/admin/users/${login.body.user.id}`, {});
    expect(await change()).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    await node.as(token, 'POST', '/auth/logout');
    expect(await change()).toMatchObject({ status: 401, body: { code: 'session_revoked' } });
  });

  describe('has its time in auth_time, which', () => {
    it('a refresh keeps', async () => {
      const began = performance.now();
      const login = await world.login(node, 'emil');
      const secondsGone = Math.ceil((performance.now() - began) / 1_000);
      const { auth_time: loggedInAt, iat } = decodeJwt(login.body.accessToken);
      expect(iat! - (loggedInAt as number)).toBeGreaterThanOrEqual(0);
      expect(iat! - (loggedInAt as number)).toBeLessThanOrEqual(secondsGone);
      await tokenOfAge(login, 300);
      const refreshed = await other.refresh(login.body.refreshToken);
      expect(authTimeOf(refreshed)).toBe(authTimeOf(login) - 300);
    });

    it('a new login sets anew', async () => {
      const login = await world.login(node, 'fred');
      const token = await tokenOfAge(login, 300);
      expect(authTimeOf(await world.login(node, 'fred'))).toBeGreaterThan(
        decodeJwt(token)['auth_time'] as number,
      );
    });

    it('the same code again leaves as it was, on any node, since it proves nothing new', async () => {
      const code = await world.code('gina');
      const first = await node.login({ code, appid: tea.appid });
      await world.database.query(
        `UPDATE sessions SET created_at = created_at - interval '121 s' WHERE id = $1`,
        [sessionIdOf(first)],
      );
      for (const where of [node, other]) {
        const again = await where.login({ code, appid: tea.appid });
        expect(again.status).toBe(200);
        expect(authTimeOf(again)).toBe(authTimeOf(first) - 121);
        expect(authTimeOf(await where.refresh(again.body.refreshToken))).toBe(authTimeOf(again));
        expect(await node.as(again.body.accessToken, 'GET', '/me/export')).toMatchObject(refused(120));
      }
    });
  });

  describe.each([
    ['ahead of', 600],
    ['behind', -600],
  ])('on a node whose clock is ten minutes %s the database’s', (_, seconds) => {
    it('counts as long as on any other', async () => {
      const off = await world.startNode(clockAhead(seconds));
      const exported = (token: string) => off.as(token, 'GET', '/me/export');
      const login = await world.login(off, 'hans');
      expect(decodeJwt(login.body.accessToken).iat! - Date.now() / 1_000).toSatisfy(
        (difference: number) => Math.abs(difference - seconds) < 120,
      );
      expect((await exported(login.body.accessToken)).status).toBe(200);
      expect((await exported(await tokenOfAge(login, 60, off))).status).toBe(200);
      expect(await exported(await tokenOfAge(login, 61, off))).toMatchObject(refused(120));
    });
  });

  it('is named in the OpenAPI document by every route that needs it, and by every change below /admin', async () => {
    const documented = await world.startNode({ API_DOCS: 'true' });
    const { body: document } = await documented.get('/docs/openapi.json');
    const operations = Object.entries<Record<string, any>>(document.paths).flatMap(([path, ofPath]) =>
      Object.entries(ofPath).map(([method, { responses }]) => ({
        route: `${method.toUpperCase()} ${path}`,
        codes: (responses['401']?.description ?? '') as string,
      })),
    );
    const named = operations.filter(({ codes }) => codes.includes('`fresh_login_required`'));
    const changes = operations
      .map(({ route }) => route)
      .filter((route) => / \/admin\//.test(route) && !/^GET |\/search$/.test(route));
    expect(changes).toContain('PATCH /admin/users/{id}');
    expect(named.map(({ route }) => route).toSorted()).toEqual(
      [
        'POST /me/identities',
        'DELETE /me/identities/{appid}',
        'GET /me/export',
        'DELETE /me',
        'POST /me/scans/decide',
        ...changes,
      ].toSorted(),
    );
    expect(named.filter(({ codes }) => !codes.includes('`token_expired`'))).toEqual([]);
    expect(document.components.schemas.Problem.properties.maxAge).toMatchObject({ type: 'integer' });
  });
});
