import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { expectProblem } from '../harness/problem.js';
import { tea, useWorld } from '../harness/world.js';

describe('requests and problem documents', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });

  /** Sends text as it is, and returns what comes until the node closes the connection. */
  async function exchange(text: string): Promise<string> {
    const { hostname, port } = new URL(node.url);
    const socket = connect(Number(port), hostname);
    socket.write(text);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
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
      const [head = '', body = ''] = (await exchange(text)).split('\r\n\r\n');
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

    it('with as many fields as a request can need, and no more', async () => {
      const wide = `{${Array.from({ length: 17_000 }, () => '"":0').join()}}`;
      const deep = `{"a":${'['.repeat(45_000)}${']'.repeat(45_000)}}`;
      for (const body of [wide, deep]) {
        expect(body.length).toBeLessThan(102_400);
        expectProblem(await node.post('/me/open-data', body), 400, 'invalid_request');
      }
    });
  });

  describe('answers as HTTP asks', () => {
    const body = JSON.stringify({ code: 'unheard-of', appid: tea.appid });
    const post = `POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n`;

    it.each([
      [
        'a client of HTTP/1.0',
        'GET /health/live HTTP/1.0\r\n\r\n',
        /^HTTP\/1\.1 200 .*\r\nConnection: close\r\n/is,
      ],
      [
        'HEAD',
        'HEAD /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        /^HTTP\/1\.1 200 .*\r\n\r\n$/s,
      ],
      [
        'a body in chunks',
        `${post}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        /^HTTP\/1\.1 401 .*"code":"code_invalid"/s,
      ],
      [
        'Expect: 100-continue',
        `${post}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401 .*"code":"code_invalid"/s,
      ],
    ])('%s', async (_, text, answer) => {
      expect(await exchange(text)).toMatch(answer);
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

  it('has written the lines of all requests when it ends', async () => {
    const stopped = await world.startNode();
    await stopped.get('/health/live', { headers: { 'x-request-id': 'the-last-one' } });
    await stopped.stop();
    expect(stopped.output).toContain('the-last-one');
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
});
