import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Call, ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

describe('the edge', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode({ CORS_ORIGINS: 'https://console.example.com', TRUST_PROXY: '127.0.0.1' });
  });

  function expectProblem(answer: Answer, status: number, code: string): void {
    expect(answer).toMatchObject({
      status,
      headers: {
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
        'x-request-id': answer.body.requestId,
      },
      body: { status, code, type: `urn:problem-type:weapp-auth:${code}`, title: expect.any(String) },
    });
  }

  describe('answers with a problem document', () => {
    it.each([
      '/',
      '/nowhere',
      '/playground/',
      '/playground/setup',
      '/playground/events',
      '/playground/service/me',
      '/auth',
      '/me/nowhere',
      '/me/',
      '/docs',
      '/metrics',
      '/%zz',
      '/%00',
      `/${'x'.repeat(5_000)}`,
    ])('to GET %s', async (path) => {
      const answer = await node.get(path);
      if (answer.status === 400) expectProblem(answer, 400, 'invalid_request');
      else expectProblem(answer, 404, 'not_found');
    });

    it.each([
      ['GET', '/auth/login', 'POST'],
      ['DELETE', '/auth/login', 'POST'],
      ['PUT', '/me', 'DELETE, GET, HEAD, PATCH, POST'],
      ['PUT', '/me?a=b', 'DELETE, GET, HEAD, PATCH, POST'],
      ['PROPFIND', '/me', 'DELETE, GET, HEAD, PATCH, POST'],
    ])('to %s %s, which takes %s', async (method, path, allow) => {
      const answer = await node.call(method, path, {});
      expectProblem(answer, 405, 'method_not_allowed');
      expect(answer.headers['allow']).toBe(allow);
    });

    it.each([
      ['an unknown method', 'FOO /me HTTP/1.1\r\nHost: a\r\n\r\n', 400],
      ['no HTTP', 'hello\r\n\r\n', 400],
      ['headers of 20 KB', `GET /me HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ])('to %s', async (_, text, status) => {
      const { hostname, port } = new URL(node.url);
      const socket = connect(Number(port), hostname);
      socket.write(text);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
      expect(head).toContain(`HTTP/1.1 ${status} `);
      expect(JSON.parse(body)).toMatchObject({ status, code: 'invalid_request' });
      expect(head).toContain(`X-Request-Id: ${JSON.parse(body).requestId}`);
    });

    it('to what is compressed, whatever it holds', async () => {
      for (const encoding of ['gzip', 'GZIP', 'br', 'deflate', 'identity, gzip']) {
        const answer = await node.post(
          '/auth/login',
          { code: 'a', appid: tea.appid },
          { headers: { 'content-encoding': encoding } },
        );
        expectProblem(answer, 415, 'unsupported_media_type');
        expect(answer.body.detail).toContain('Content-Encoding');
      }
      const plain = { headers: { 'content-encoding': 'identity' } };
      expect((await node.post('/auth/login', {}, plain)).body.code).toBe('invalid_request');
    });

    it('to what is too large, and to what is no JSON', async () => {
      expectProblem(await node.login({ code: 'x'.repeat(102_400) }), 413, 'payload_too_large');
      expectProblem(
        await node.post('/auth/login', 'a=b', { headers: { 'content-type': 'text/plain' } }),
        415,
        'unsupported_media_type',
      );
      expectProblem(await node.post('/auth/login', '{'), 400, 'invalid_request');
    });
  });

  describe('takes JSON', () => {
    /** A body of so many bytes. */
    const bodyOf = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;

    it.each([
      ['POST', '/auth/login'],
      ['POST', '/auth/refresh'],
      ['PATCH', '/me'],
      ['POST', '/me/identities'],
      ['POST', '/admin/users/search'],
      ['POST', '/health/live'],
    ])('of 16 KB for %s %s, and refuses more before anybody looks at the token', async (method, path) => {
      const [largest, tooLarge] = await Promise.all(
        [16_384, 16_385].map((bytes) => node.call(method, path, { body: bodyOf(bytes) })),
      );
      expect(largest!.status).not.toBe(413);
      if (path === '/health/live') expectProblem(tooLarge!, 405, 'method_not_allowed');
      else expectProblem(tooLarge!, 413, 'payload_too_large');
    });

    it.each(['/me/open-data', '/me/phone'])('of 100 KB for what WeChat has encrypted: %s', async (path) => {
      expectProblem(await node.post(path, bodyOf(102_400)), 401, 'token_missing');
      expectProblem(await node.post(path, bodyOf(102_401)), 413, 'payload_too_large');
    });

    it('with as many members as a request can need, and no more', async () => {
      const wide = `{${Array.from({ length: 17_000 }, () => '"":0').join()}}`;
      const deep = `{"a":${'['.repeat(45_000)}${']'.repeat(45_000)}}`;
      for (const body of [wide, deep]) {
        expect(body.length).toBeLessThan(102_400);
        expectProblem(await node.post('/me/open-data', body), 400, 'invalid_request');
      }
    });
  });

  it('takes over a harmless X-Request-Id, and replaces another', async () => {
    const harmless = await node.get('/health/live', { headers: { 'x-request-id': 'phone-1.a_B' } });
    expect(harmless.headers['x-request-id']).toBe('phone-1.a_B');
    const strange = await node.get('/health/live', { headers: { 'x-request-id': 'a b"}' } });
    expect(strange.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect((await node.get('/health/live')).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('logs one line per request, with its id and route, without query, headers and body', async () => {
    const id = `log-${Date.now()}`;
    await node.call('POST', '/auth/login?token=in-the-query', {
      headers: { 'x-request-id': id, authorization: 'Bearer in-a-header', cookie: 'in-a-cookie' },
      body: { code: 'in-the-body', appid: tea.appid },
    });
    await expect.poll(() => node.output).toContain(id);
    const lines = node.output.split('\n').filter((line) => line.includes(id));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'info',
      time: expect.any(String),
      requestId: id,
      method: 'POST',
      route: '/auth/login',
      status: 401,
      milliseconds: expect.any(Number),
    });
    for (const secret of ['in-the-query', 'in-a-header', 'in-a-cookie', 'in-the-body']) {
      expect(node.output).not.toContain(secret);
    }
  });

  it('sends the headers of helmet, and does not say what it runs on', async () => {
    const { headers } = await node.get('/health/live');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.any(String),
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
  });

  describe('CORS', () => {
    const preflight = (origin: string) =>
      node.call('OPTIONS', '/auth/login', {
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      });

    it('lets the pages of CORS_ORIGINS call', async () => {
      const { status, headers } = await preflight('https://console.example.com');
      expect(status).toBe(204);
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['access-control-allow-origin']).toBe('https://console.example.com');
      const answer = await node.get('/me', { headers: { origin: 'https://console.example.com' } });
      expect(answer.headers['access-control-allow-origin']).toBe('https://console.example.com');
      expect(answer.headers['access-control-expose-headers']).toContain('X-Request-Id');
    });

    it('answers an OPTIONS that is no preflight without a body', async () => {
      expect(await node.call('OPTIONS', '/health/live', {})).toMatchObject({ status: 204, text: '' });
    });

    it('is nothing for a proxy that asks about a token, and takes an empty 204 for a yes', async () => {
      for (const path of [
        '/auth/verify',
        '/auth/verify?role=admin',
        '/auth/verify/',
        '/auth/verify/orders/1',
      ]) {
        const origin = { origin: 'https://console.example.com' };
        const preflighted = await node.call('OPTIONS', path, {
          headers: { ...origin, 'access-control-request-method': 'GET' },
        });
        expect(preflighted.status, path).toBeGreaterThanOrEqual(400);
        expect((await node.call('OPTIONS', path, {})).status, path).toBeGreaterThanOrEqual(400);
        const asked = await node.get(path, { headers: origin });
        expect(asked.status, path).toBe(401);
        expect(asked.headers, path).not.toHaveProperty('access-control-allow-origin');
      }
    });

    it('lets no others', async () => {
      expect((await preflight('https://evil.example')).headers).not.toHaveProperty(
        'access-control-allow-origin',
      );
      const closed = await world.startNode();
      const answer = await closed.get('/me', { headers: { origin: 'https://console.example.com' } });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    });
  });

  describe('the limit on failed exchanges', () => {
    const bad = (limited: ServiceNode, from: string, headers = {}) =>
      limited.login({ code: 'bad', appid: tea.appid }, { from, headers });

    it('refuses every exchange of an address that has failed too often, and of no other', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '3' });
      for (let failure = 0; failure < 3; failure += 1)
        expect((await bad(limited, '127.0.0.2')).status).toBe(401);
      await world.control('DELETE', '/requests');
      const refused = await limited.login(
        { code: await world.code('anna'), appid: tea.appid },
        { from: '127.0.0.2' },
      );
      expectProblem(refused, 429, 'rate_limited');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(await world.exchanges(), 'WeChat is not asked').toEqual([]);
      expect((await world.login(limited, 'anna')).status).toBe(200);
    });

    it('counts no login that succeeds, and none that fails for another reason', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '1' });
      for (let login = 0; login < 3; login += 1)
        expect((await world.login(limited, 'anna')).status).toBe(200);
      await world.fault({ errcode: -1, times: 3 });
      expect((await world.login(limited, 'anna')).status).toBe(503);
      expect((await limited.login({})).status).toBe(400);
      expect((await world.login(limited, 'anna')).status).toBe(200);
    });

    it('is not passed by many codes at once: WeChat is asked no more often', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '5' });
      await world.fault({ delayMs: 100 });
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          limited.login({ code: `bad-${index}`, appid: tea.appid }, { from: '127.0.0.2' }),
        ),
      );
      const codes = answers.map(({ body }) => body.code as string);
      expect(codes.filter((code) => code === 'code_invalid')).toHaveLength(5);
      expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(55);
      expect(await world.exchanges()).toHaveLength(5);
    });

    it('refuses none of many phones that come at once from one address with good codes', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '5' });
      const logins = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => world.login(limited, `phone ${index}`)),
      );
      expect(logins.map(({ status }) => status)).toEqual(Array(40).fill(200));
    });

    it('can be switched off', async () => {
      const open = await world.startNode({ RATE_LIMIT_LOGIN: '0' });
      for (let failure = 0; failure < 70; failure += 1)
        expect((await bad(open, '127.0.0.2')).status).toBe(401);
    });

    it('goes by X-Forwarded-For where the proxy is trusted', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '1', TRUST_PROXY: '127.0.0.0/8' });
      const from = (ip: string) => bad(limited, '127.0.0.1', { 'x-forwarded-for': ip });
      expect((await from('203.0.113.1')).status).toBe(401);
      expect((await from('203.0.113.1')).status).toBe(429);
      expect((await from('203.0.113.2')).status).toBe(401);
      const { body } = await limited.login(
        { code: await world.code('anna'), appid: tea.appid },
        { headers: { 'x-forwarded-for': '203.0.113.9' } },
      );
      const sessions = await world.database.query('SELECT ip FROM sessions WHERE user_id = $1 AND ip = $2', [
        body.user.id,
        '203.0.113.9',
      ]);
      expect(sessions).toHaveLength(1);
    });

    it('goes by the proxy if that names anything else than an address', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '1', TRUST_PROXY: '127.0.0.0/8' });
      const names = ['1:2:3:4:5:6:7:8:9::', 'unknown', '203.0.113.7:', '"><script>', '', ',', ' , '];
      for (const [index, name] of names.entries()) {
        const proxy = `127.0.0.${index + 10}`;
        expect((await bad(limited, proxy, { 'x-forwarded-for': name })).status, name).toBe(401);
        expect((await bad(limited, proxy)).status, name).toBe(429);
      }
    });

    it('ignores X-Forwarded-For of anybody else, and warns of it once', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '1', TRUST_PROXY: '10.0.0.1' });
      expect((await bad(limited, '127.0.0.3', { 'x-forwarded-for': '203.0.113.1' })).status).toBe(401);
      expect((await bad(limited, '127.0.0.3', { 'x-forwarded-for': '203.0.113.2' })).status).toBe(429);
      await expect.poll(() => limited.output).toContain('TRUST_PROXY does not list');
      expect(limited.output.match(/TRUST_PROXY does not list/g)).toHaveLength(1);
      expect(limited.output).toContain('127.0.0.3');
    });

    it('does not warn of a proxy that is listed, whatever that writes', async () => {
      const proxied = await world.startNode({ TRUST_PROXY: '127.0.0.0/31' });
      for (const name of ['203.0.113.1', '203.0.113.1, 203.0.113.2', 'unknown', ',', '']) {
        await proxied.get('/health/live', { headers: { 'x-forwarded-for': name } });
      }
      // What comes from another is still worth the line.
      await proxied.get('/health/live', { from: '127.0.0.9', headers: { 'x-forwarded-for': '203.0.113.1' } });
      await expect.poll(() => proxied.output).toContain('X-Forwarded-For came from 127.0.0.9,');
      expect(proxied.output.match(/X-Forwarded-For came from/g)).toHaveLength(1);
    });

    it('warns also where no proxy is trusted at all', async () => {
      const limited = await world.startNode();
      await limited.get('/health/live', { headers: { 'x-forwarded-for': '203.0.113.1' } });
      await expect.poll(() => limited.output).toContain('TRUST_PROXY does not list');
    });
  });

  describe('the address of a client', () => {
    let proxied: ServiceNode;
    beforeAll(async () => {
      proxied = await world.startNode({ TRUST_PROXY: '127.0.0.0/8' });
    });

    const seenAs = async (where: ServiceNode, call: Call, base = where.url): Promise<string> => {
      const login = { code: await world.code('anna'), appid: tea.appid };
      const { accessToken } = (await where.post(`${base}/auth/login`, login, call)).body;
      const sessions = (await where.as(accessToken, 'GET', '/me/sessions')).body;
      return sessions.find(({ current }: { current: boolean }) => current).ip;
    };

    it.each([
      ['203.0.113.7:5678', '203.0.113.7'],
      ['"203.0.113.7"', '203.0.113.7'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      ['[2001:DB8:0:0::7]:443', '2001:db8::7'],
      ['"[2001:db8::7]:443"', '2001:db8::7'],
      ['198.51.100.1, 203.0.113.7:5678', '203.0.113.7'],
      ['203.0.113.7, 127.0.0.2:80', '203.0.113.7'],
      [' 203.0.113.7 ,, ', '203.0.113.7'],
      ['203.0.113.7, unknown', '127.0.0.1'],
    ])('that a proxy names as %s is shown as it is always written', async (header, address) => {
      expect(await seenAs(proxied, { headers: { 'x-forwarded-for': header } })).toBe(address);
    });

    const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
      all?.some(({ family }) => family === 'IPv6'),
    );
    it.skipIf(!hasIPv6)(
      'that comes over IPv4 to a node that listens on IPv6 is IPv4, and is trusted as such',
      async () => {
        const both = await world.startNode({ HOST: '::', TRUST_PROXY: '127.0.0.1' });
        const base = `http://127.0.0.1:${new URL(both.url).port}`;
        expect(await seenAs(both, {}, base)).toBe('127.0.0.1');
        expect(await seenAs(both, { headers: { 'x-forwarded-for': '203.0.113.7' } }, base)).toBe(
          '203.0.113.7',
        );
      },
    );
  });

  describe('on SIGTERM', () => {
    it('finishes what runs, is not ready meanwhile, then takes nothing new, and ends with code 0', async () => {
      const stopping = await world.startNode();
      await world.fault({ delayMs: 1_500, times: 1 });
      const login = world.login(stopping, 'anna');
      await expect.poll(() => world.exchanges()).toHaveLength(1);
      const exit = stopping.stop('SIGTERM');

      await expect
        .poll(async () => (await stopping.get('/health/ready')).body)
        .toMatchObject({ status: 503, code: 'overloaded' });
      expect((await stopping.get('/health/live')).status).toBe(200);
      expect((await login).status).toBe(200);
      expect(await exit).toBe(0);
      await expect(stopping.get('/health/live')).rejects.toThrow('ECONNREFUSED');
    });

    it('cuts off after ten seconds what does not come to an end', async () => {
      const stopping = await world.startNode();
      const { hostname, port } = new URL(stopping.url);
      const hanging = connect(Number(port), hostname);
      hanging.on('error', () => {});
      hanging.write(
        'POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      );
      await once(hanging, 'connect');
      await expect.poll(async () => (await stopping.get('/health/live')).status).toBe(200);
      const begun = performance.now();
      expect(await stopping.stop('SIGTERM')).toBe(0);
      expect(performance.now() - begun).toBeLessThan(45_000);
      hanging.destroy();
    });
  });

  describe('/docs', () => {
    it('is off unless API_DOCS says so', async () => {
      expect((await node.get('/docs')).status).toBe(404);
      expect((await node.get('/docs/openapi.json')).status).toBe(404);
    });

    it('describes every route from the classes that check it, and names its codes', async () => {
      const documented = await world.startNode({ API_DOCS: 'true' });
      expect((await documented.get('/docs')).text).toContain('swagger-ui');
      const { body: document } = await documented.get('/docs/openapi.json');
      expect(Object.keys(document.paths)).toEqual(
        expect.arrayContaining([
          '/auth/login',
          '/auth/verify',
          '/.well-known/jwks.json',
          '/.well-known/oauth-authorization-server',
          '/me',
          '/admin/users/search',
          '/admin/users/{id}',
          '/admin/audit',
          '/admin/stats',
          '/health/live',
          '/health/ready',
        ]),
      );
      const login = document.paths['/auth/login'].post;
      expect(login.responses['401'].description).toBe('`code_invalid`, `code_used`');
      const { responses } = document.paths['/me/identities'].post;
      expect(responses['401'].description, 'of the route, and of its controller').toMatch(
        /`code_used`[^]*`token_expired`/,
      );
      expect(login.responses['200'].content['application/json'].schema).toEqual({
        $ref: '#/components/schemas/LoginResponse',
      });
      expect(document.components.schemas.LoginRequest).toMatchObject({
        required: ['code'],
        properties: { code: { type: 'string', minLength: 1, maxLength: 512 } },
      });
      expect(document.components.schemas.SearchUsersRequest).not.toHaveProperty('required');
      expect(document.components.schemas.Problem.properties.code.enum).toContain('code_invalid');
      expect(document.info.description).toContain('| `code_used` | 401 |');
    });

    it('names the URL at which the service is known, for a path of a proxy, too', async () => {
      const documented = await world.startNode({
        API_DOCS: 'true',
        PUBLIC_URL: 'https://example.com/login-svc/',
      });
      const { body: document } = await documented.get('/docs/openapi.json');
      expect(document.servers).toEqual([{ url: 'https://example.com/login-svc' }]);
    });

    it('names only codes that the catalogue has, and leaves no route without any', async () => {
      const documented = await world.startNode({ API_DOCS: 'true' });
      const { body: document } = await documented.get('/docs/openapi.json');
      const codes: string[] = document.components.schemas.Problem.properties.code.enum;
      const bare: string[] = [];
      for (const [path, operations] of Object.entries<Record<string, any>>(document.paths)) {
        for (const [method, { responses }] of Object.entries(operations)) {
          const named = Object.values<any>(responses).flatMap(
            ({ description }) => description?.match(/`\w+`/g) ?? [],
          );
          expect(codes).toEqual(expect.arrayContaining(named.map((code: string) => code.slice(1, -1))));
          if (named.length === 0) bare.push(`${method} ${path}`);
        }
      }
      expect(bare.toSorted()).toEqual([
        'get /.well-known/jwks.json',
        'get /.well-known/oauth-authorization-server',
        'get /health/live',
      ]);
    });
  });
});
