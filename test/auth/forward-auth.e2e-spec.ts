import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { guideBlock } from '../harness/guide.js';
import { served } from '../harness/http-server.js';
import { hasNginx, Nginx } from '../harness/nginx.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { readSessionId } from '../harness/sessions.js';
import { spoofedHeaders } from '../harness/spoofed-headers.js';
import { cake, tea, useWorld } from '../harness/world.js';

const guide = 'other-backends.md';

describe('forward auth', () => {
  const world = useWorld();
  let node: ServiceNode;
  let anna: Answer['body'];
  let admin: Answer['body'];

  beforeAll(async () => {
    node = await world.startIssuer({ JWKS_MAX_AGE: '77' });
    anna = (await world.login(node, 'anna')).body;
    const { user } = (await world.login(node, 'bert')).body;
    await world.database.query(`UPDATE users SET roles = '{admin,moderator}' WHERE id = $1`, [user.id]);
    admin = (await world.login(node, 'bert')).body;
  });

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  /** How the answer says that the token is Anna's. */
  const annasHeaders = () => ({
    'x-user-id': anna.user.id,
    'x-session-id': readSessionId(anna.accessToken),
    'x-app-id': tea.appid,
    'x-user-roles': '',
    'cache-control': 'no-store',
  });

  describe('GET /auth/verify', () => {
    const verify = (query: string, headers = {}) => node.get(`/auth/verify${query}`, { headers });

    it('says whose the token is', async () => {
      expect(await verify('', bearer(anna.accessToken))).toMatchObject({
        status: 204,
        text: '',
        headers: annasHeaders(),
      });
    });

    it('says which roles they have', async () => {
      const { headers } = await verify('', bearer(admin.accessToken));
      expect(headers).toMatchObject({ 'x-user-id': admin.user.id, 'x-user-roles': 'admin,moderator' });
    });

    it('is not put off by what the headers say of a body that stays away', async () => {
      const { status } = await verify('', {
        ...bearer(anna.accessToken),
        'content-type': 'text/plain',
        'content-length': '0',
      });
      expect(status).toBe(204);
    });

    it.each([
      ['no token', {}, 'token_missing', 'Bearer'],
      ['a bad token', bearer('nonsense'), 'token_invalid', 'Bearer error="invalid_token"'],
    ])('refuses %s as the guard does, and names nobody', async (_, headers, code, challenge) => {
      const answer = await verify('', headers);
      expect(answer).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': challenge, 'cache-control': 'no-store' },
        body: { code },
      });
      expect(answer.headers).not.toHaveProperty('x-user-id');
    });

    it('refuses a user who lacks the role that is asked for', async () => {
      expect((await verify('?role=moderator', bearer(admin.accessToken))).status).toBe(204);
      const answer = await verify('?role=moderator', bearer(anna.accessToken));
      expect(answer).toMatchObject({
        status: 403,
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
        body: { code: 'forbidden' },
      });
      expect(answer.headers).not.toHaveProperty('x-user-id');
    });

    it.each(['', 'Admin', 'admin,moderator', 'admin&role=admin', 'a'.repeat(33)])(
      'answers invalid_request to the role "%s"',
      async (role) => {
        expect(await verify(`?role=${role}`, bearer(admin.accessToken))).toMatchObject({
          status: 400,
          body: { code: 'invalid_request', errors: [{ field: 'role' }] },
        });
      },
    );

    it('refuses a user who came through another mini-program than the one that is asked for', async () => {
      expect(await verify(`?app=${tea.appid}`, bearer(anna.accessToken))).toMatchObject({
        status: 204,
        headers: { 'x-app-id': tea.appid },
      });
      for (const app of [cake.appid, 'wx0000000000000000', 'operator', tea.appid.toUpperCase()]) {
        const answer = await verify(`?app=${app}`, bearer(anna.accessToken));
        expect(answer).toMatchObject({
          status: 403,
          headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
          body: { code: 'forbidden', detail: expect.stringContaining('mini-program') },
        });
        expect(answer.headers).not.toHaveProperty('x-user-id');
      }
    });

    it('asks for both if role and mini-program are named', async () => {
      const query = (app: string, role: string) =>
        verify(`?app=${app}&role=${role}`, bearer(admin.accessToken));
      expect((await query(tea.appid, 'admin')).status).toBe(204);
      expect((await query(cake.appid, 'admin')).status).toBe(403);
      expect((await query(tea.appid, 'nobody')).status).toBe(403);
    });

    it.each(['', 'wx1,wx2', 'wx1&app=wx1', 'wx 1', 'a'.repeat(65)])(
      'answers invalid_request to the mini-program "%s"',
      async (app) => {
        expect(await verify(`?app=${app}`, bearer(anna.accessToken))).toMatchObject({
          status: 400,
          body: { code: 'invalid_request', errors: [{ field: 'app' }] },
        });
      },
    );

    it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('takes no %s', async (method) => {
      const answer = await node.call(method, '/auth/verify', { headers: bearer(anna.accessToken) });
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    });
  });

  describe('as Envoy asks, below /auth/verify/,', () => {
    it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
      'says with 200 whose the token of a %s is',
      async (method) => {
        const answer = await node.call(method, '/auth/verify/orders/5?sort=-price', {
          headers: { ...bearer(anna.accessToken), 'content-length': '0' },
        });
        expect(answer).toMatchObject({
          status: 200,
          text: '',
          headers: annasHeaders(),
        });
        expect((await node.call(method, '/auth/verify/orders/5', {})).status).toBe(401);
      },
    );

    it('takes no app of the original query for ours', async () => {
      const headers = bearer(anna.accessToken);
      expect((await node.get('/auth/verify/orders?app=the%20backend%27s', { headers })).status).toBe(200);
    });

    it.each([
      ['none', '/'],
      ['a doubled slash', '//orders'],
      ['8 KB', `/${'x'.repeat(8_000)}`],
    ])('takes any path: %s', async (_, path) => {
      const headers = bearer(anna.accessToken);
      expect((await node.call('POST', `/auth/verify${path}`, { headers })).status).toBe(200);
    });

    it('asks for a role no less', async () => {
      const headers = bearer(anna.accessToken);
      expect((await node.get('/auth/verify/?role=admin', { headers })).status).toBe(403);
    });
  });

  describe.skipIf(!hasNginx)('through nginx, as in the guide,', () => {
    const started: Nginx[] = [];
    let nginx: Nginx;
    let backend: Server;

    beforeAll(async () => {
      backend = createServer((request, response) => {
        const { method, url, headers } = request;
        void text(request).then((body) => response.end(JSON.stringify({ method, url, headers, body })));
      }).listen(0, '127.0.0.1');
      await once(backend, 'listening');
      nginx = await start(node.url);
    });
    afterAll(async () => {
      await Promise.all(started.map((each) => each.stop()));
      backend.close();
    });

    async function start(service: string): Promise<Nginx> {
      const port = await findFreePort();
      const proxy = await Nginx.start(
        guideBlock(guide, 'nginx', 'auth_request', {
          '127.0.0.1:3000': new URL(service).host,
          '127.0.0.1:4000': `127.0.0.1:${(backend.address() as AddressInfo).port}`,
          'listen 8080;': `listen 127.0.0.1:${port};`,
        }),
        port,
      );
      started.push(proxy);
      return proxy;
    }

    it('hands a request on with whose it is, and with nothing that the visitor made up', async () => {
      const answer = await fetch(`${nginx.url}/orders?role=none`, {
        method: 'POST',
        headers: { ...spoofedHeaders, ...bearer(admin.accessToken) },
        body: 'tea',
      });
      const { method, url, body, headers } = (await answer.json()) as any;
      expect({ method, url, body }).toEqual({ method: 'POST', url: '/orders?role=none', body: 'tea' });
      expect(headers).toMatchObject({
        'x-user-id': admin.user.id,
        'x-session-id': readSessionId(admin.accessToken),
        'x-app-id': tea.appid,
        'x-user-roles': 'admin,moderator',
      });
      expect(JSON.stringify(headers)).not.toContain('spoofed');
    });

    it('drops what the visitor made up if there is nothing in its place', async () => {
      const answer = await fetch(`${nginx.url}/orders`, {
        headers: { ...spoofedHeaders, ...bearer(anna.accessToken) },
      });
      const { headers } = (await answer.json()) as any;
      expect(headers['x-user-id']).toBe(anna.user.id);
      expect(headers).not.toHaveProperty('x-user-roles');
      expect(JSON.stringify(headers)).not.toContain('spoofed');
    });

    it('drops it also if no token is asked for', async () => {
      const answer = await fetch(`${nginx.url}/public/menu`, { headers: spoofedHeaders });
      const { url, headers } = (await answer.json()) as any;
      expect(url).toBe('/public/menu');
      expect(headers).not.toHaveProperty('x-user-id');
      expect(JSON.stringify(headers)).not.toContain('spoofed');
    });

    it.each([
      ['without a token', {}, 'token_missing', 'Bearer'],
      ['with a bad one', bearer('nonsense'), 'token_invalid', 'Bearer error="invalid_token"'],
    ])(`gives a visitor %s the service's own words`, async (_, headers, code, challenge) => {
      const answer = await fetch(`${nginx.url}/orders`, { method: 'POST', headers, body: 'tea' });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe(challenge);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(await answer.json()).toMatchObject({ status: 401, code });
    });

    it('keeps the area of the admins to them', async () => {
      const reports = (token: string) => fetch(`${nginx.url}/reports/sales`, { headers: bearer(token) });
      const { headers } = (await (await reports(admin.accessToken)).json()) as any;
      expect(headers['x-user-id']).toBe(admin.user.id);
      const refused = await reports(anna.accessToken);
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ status: 403, code: 'forbidden' });
    });

    it('has no way to the questions themselves', async () => {
      for (const path of ['/_verify', '/_verify/admin', '/_verify/why', '/_verify/other']) {
        const answer = await fetch(nginx.url + path, { headers: bearer(admin.accessToken) });
        expect(answer.status).toBe(404);
      }
    });

    describe('answers 503', () => {
      async function ordersThrough({ url }: Nginx) {
        const answer = await fetch(`${url}/orders`, { headers: bearer(anna.accessToken) });
        return {
          status: answer.status,
          retryAfter: answer.headers.get('retry-after'),
          type: answer.headers.get('content-type'),
          body: await answer.json(),
        };
      }

      const unknown = {
        status: 503,
        retryAfter: '1',
        type: 'application/problem+json',
        body: {
          title: expect.any(String),
          status: 503,
          code: 'overloaded',
          requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      };

      it('while the service does', async () => {
        const unready = createServer((_, response) => response.writeHead(503).end());
        const answer = await served(unready.listen(0, '127.0.0.1'), async (url) =>
          ordersThrough(await start(url)),
        );
        expect(answer).toEqual(unknown);
      });

      it('while the service is away', async () => {
        const away = await start(`http://127.0.0.1:${await findFreePort()}`);
        expect(await ordersThrough(away)).toEqual(unknown);
      });
    });
  });
});
