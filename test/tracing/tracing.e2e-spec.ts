import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as sendRequest,
} from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { served } from '../harness/http-server.js';
import type { ServiceNode } from '../harness/node.js';
import { scanSettings, shop, showCode } from '../harness/scans.js';
import { type ReceivedSpan, TraceCollector } from '../harness/trace-collector.js';
import { tea, useWorld } from '../harness/world.js';

/** A trace of a caller: its id, and the header by which a request becomes a part of it. */
function createTrace(): { id: string; parentId: string; traceparent: string } {
  const id = randomBytes(16).toString('hex');
  const parentId = randomBytes(8).toString('hex');
  return { id, parentId, traceparent: `00-${id}-${parentId}-01` };
}

describe('traces', () => {
  const world = useWorld();
  let collector: TraceCollector;
  beforeAll(async () => {
    collector = await TraceCollector.start();
  });
  afterAll(() => collector.close());

  const tracing = (changes: Record<string, string> = {}) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    LOG_LEVEL: 'trace',
    ...changes,
  });

  /** Works with a node, and stops it, so that all of its spans have arrived. */
  async function traced<Result>(
    work: (node: ServiceNode) => Promise<Result>,
    changes?: Record<string, string>,
  ): Promise<Result> {
    const node = await world.startNode(tracing(changes));
    const result = await work(node);
    expect(await node.stop()).toBe(0);
    return result;
  }

  /** The span of the request in a trace, and its calls. */
  function partsOf(traceId: string): { request: ReceivedSpan; calls: ReceivedSpan[] } {
    const spans = collector.trace(traceId);
    const requests = spans.filter(({ kind }) => kind === 'server');
    expect(requests).toHaveLength(1);
    return { request: requests[0]!, calls: spans.filter(({ kind }) => kind !== 'server') };
  }

  const loginIn = async (node: ServiceNode, user: string, traceparent: string) =>
    node.login({ code: await world.code(user), appid: tea.appid }, { headers: { traceparent } });

  it('of a login have the request, the call to WeChat and the statement, as parts of the trace of the caller', async () => {
    const trace = createTrace();
    await traced((node) => loginIn(node, 'anna', trace.traceparent));

    const { request, calls } = partsOf(trace.id);
    expect(request).toMatchObject({
      name: 'POST /auth/login',
      parentSpanId: trace.parentId,
      isError: false,
      resource: { 'service.name': 'weapp-auth' },
    });
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/auth/login',
      'http.response.status_code': 200,
      'url.scheme': 'http',
    });
    const { hostname, port } = new URL(world.emulator.url);
    expect(calls.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      {
        name: 'GET /sns/jscode2session',
        attributes: {
          'http.request.method': 'GET',
          'url.template': '/sns/jscode2session',
          'server.address': hostname,
          'server.port': Number(port),
          'http.response.status_code': 200,
          'wechat.errcode': 0,
        },
      },
      {
        name: expect.stringMatching(/^sign-in-\d+$/),
        attributes: {
          'db.system.name': 'postgresql',
          'db.query.summary': expect.stringMatching(/^sign-in-\d+$/),
        },
      },
    ]);
    for (const call of calls) {
      expect(call).toMatchObject({ kind: 'client', parentSpanId: request.spanId, isError: false });
      expect(call.startNanoseconds).toBeGreaterThanOrEqual(request.startNanoseconds);
      expect(call.endNanoseconds).toBeGreaterThanOrEqual(call.startNanoseconds);
      expect(call.endNanoseconds).toBeLessThanOrEqual(request.endNanoseconds);
    }
  });

  it('begin here if the caller has none, or sends what is no traceparent', async () => {
    const forged = 'a-secret-in-a-traceparent';
    world.keepSecret(forged);
    const before = collector.spans.length;
    await traced(async (node) => {
      await node.get('/.well-known/jwks.json');
      await node.get('/.well-known/jwks.json', { headers: { traceparent: forged } });
    });
    const spans = collector.spans.slice(before);
    expect(spans.map(({ name, parentSpanId }) => ({ name, parentSpanId }))).toEqual([
      { name: 'GET /.well-known/jwks.json', parentSpanId: '' },
      { name: 'GET /.well-known/jwks.json', parentSpanId: '' },
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2);
  });

  it('are sent when the node stops, if they have not been sent before', async () => {
    const trace = createTrace();
    const before = collector.requests.length;
    const tenMinutes = { OTEL_BSP_SCHEDULE_DELAY: '600000' };
    await traced(async (node) => {
      await node.get('/.well-known/jwks.json', { headers: { traceparent: trace.traceparent } });
      expect(collector.requests).toHaveLength(before);
    }, tenMinutes);
    expect(collector.trace(trace.id)).toHaveLength(1);
  });

  it('say which error a request and a call ended with, without its message', async () => {
    const refused = createTrace();
    const away = createTrace();
    const broken = createTrace();
    const left = createTrace();
    await traced(async (node) => {
      await node.login(
        { code: 'unheard-of', appid: tea.appid },
        { headers: { traceparent: refused.traceparent } },
      );
      await world.fault({ httpStatus: 502, body: 'html', times: 1 });
      await loginIn(node, 'bert', away.traceparent);
      await world.database.query('ALTER TABLE sessions ADD CONSTRAINT never CHECK (false) NOT VALID');
      await loginIn(node, 'bert', broken.traceparent);
      await world.database.query('ALTER TABLE sessions DROP CONSTRAINT never');
      const { deviceCode } = await showCode(node);
      // Not by fetch: it opens another connection at the end, and a node that stops waits for that.
      const page = sendRequest(new URL('/oauth/device_authorization/events', node.url), {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          traceparent: left.traceparent,
        },
      });
      page.end(new URLSearchParams({ client_id: shop.id, device_code: deviceCode }).toString());
      const [events] = (await once(page, 'response')) as [IncomingMessage];
      await once(events, 'data');
      page.destroy();
      await expect.poll(() => collector.trace(left.id)).not.toEqual([]);
    }, scanSettings);

    const unknown = partsOf(refused.id);
    expect(unknown.request.isError).toBe(false);
    expect(unknown.request.attributes).toMatchObject({
      'http.response.status_code': 401,
      'weapp_auth.error_code': 'code_invalid',
    });
    expect(unknown.calls[0]!.isError).toBe(true);
    expect(unknown.calls[0]!.attributes).toMatchObject({ 'wechat.errcode': 40029, 'error.type': '40029' });

    const unavailable = partsOf(away.id);
    expect(unavailable.request.isError).toBe(true);
    expect(unavailable.request.attributes).toMatchObject({
      'http.response.status_code': 503,
      'error.type': '503',
      'weapp_auth.error_code': 'wechat_unavailable',
    });
    expect(unavailable.calls[0]!.attributes).toMatchObject({
      'http.response.status_code': 502,
      'error.type': 'malformed',
    });
    expect(unavailable.calls[0]!.attributes).not.toHaveProperty('wechat.errcode');

    const failed = partsOf(broken.id);
    expect(failed.request.attributes).toMatchObject({ 'weapp_auth.error_code': 'internal_error' });
    const statement = failed.calls.find(({ isError }) => isError)!;
    expect(statement.attributes).toMatchObject({ 'error.type': '23514', 'db.response.status_code': '23514' });

    const page = partsOf(left.id).request;
    expect(page.isError, 'a page may leave the events of a code').toBe(false);
    expect(page.attributes).toMatchObject({ 'http.response.status_code': 200 });

    for (const { statusMessage, events } of collector.spans) {
      expect({ statusMessage, events }).toEqual({ statusMessage: '', events: 0 });
    }
  });

  it('have each statement of a transaction, by what it does to which table', async () => {
    const trace = createTrace();
    await traced(async (node) => {
      const { accessToken } = (await world.login(node, 'carl')).body;
      const headers = { authorization: `Bearer ${accessToken}`, traceparent: trace.traceparent };
      expect((await node.patch('/me', { nickname: null }, { headers })).status).toBe(200);
    });
    const { request, calls } = partsOf(trace.id);
    expect(request.attributes['http.route']).toBe('/me');
    const names = calls.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['START TRANSACTION', 'UPDATE users', 'COMMIT']));
  });

  it('keep calls apart that wait for one another', async () => {
    const traces = Array.from({ length: 6 }, createTrace);
    await world.fault({ delayMs: 50, times: traces.length });
    await traced(
      (node) =>
        Promise.all(traces.map(({ traceparent }, index) => loginIn(node, `user-${index}`, traceparent))),
      { WECHAT_MAX_CONCURRENCY: '3', DATABASE_POOL_SIZE: '1' },
    );
    for (const { id } of traces) {
      expect(partsOf(id).calls.map(({ name }) => name.replace(/\d+$/, ''))).toEqual([
        'GET /sns/jscode2session',
        'sign-in-',
      ]);
    }
  });

  it('have no polls, jobs or health checks', async () => {
    const before = collector.spans.length;
    await traced(async (node) => {
      await world.login(node, 'dora');
      await node.get('/health/ready');
      await node.get('/health/live?verbose');
    });
    const spans = collector.spans.slice(before);
    expect(spans.map(({ name }) => name.replace(/\d+$/, '')).toSorted()).toEqual([
      'GET /sns/jscode2session',
      'POST /auth/login',
      'sign-in-',
    ]);
  });

  it('are named in the lines of the log', async () => {
    const trace = createTrace();
    const output = await traced(async (node) => {
      await world.fault({ httpStatus: 502, body: 'html', times: 1 });
      await loginIn(node, 'erna', trace.traceparent);
      await node.get('/health/live');
      await node.stop();
      return node.output;
    });
    const lines = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const { request } = partsOf(trace.id);
    const named = lines.filter((line) => line['trace_id'] === trace.id);
    expect(named.map(({ context, code, status }) => context ?? code ?? status)).toEqual([
      'WechatClient',
      'ProblemFilter',
      503,
    ]);
    expect(named.map((line) => line['span_id'])).toEqual(named.map(() => request.spanId));
    expect(lines.filter((line) => 'trace_id' in line)).toEqual(named);
  });

  it('are not told to WeChat', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const wechat = createServer((request, response) => {
      seen.push(request.headers);
      response.end(
        JSON.stringify({ openid: 'o'.repeat(28), session_key: Buffer.alloc(16, 1).toString('base64') }),
      );
    }).listen(0, '127.0.0.1');
    const trace = createTrace();
    await served(wechat, (url) =>
      traced(
        async (node) => {
          const headers = { traceparent: trace.traceparent, tracestate: 'a=b', baggage: 'c=d' };
          const { status } = await node.login(
            { code: await world.code('fred'), appid: tea.appid },
            { headers },
          );
          expect(status).toBe(200);
        },
        { WECHAT_BASE_URL: url },
      ),
    );
    expect(collector.trace(trace.id)).not.toHaveLength(0);
    expect(seen).toHaveLength(1);
    for (const name of ['traceparent', 'tracestate', 'baggage']) expect(seen[0]).not.toHaveProperty(name);
  });

  it('contain no secret, no token, and nothing that says who somebody is', async () => {
    await world.control('POST', '/settings', { sessionKeyMinInterval: 3_600 });
    await world.control('POST', '/users', { id: 'gina', phone: '13800138000' });
    const query = new URLSearchParams({
      appid: tea.appid,
      secret: tea.secret,
      js_code: await world.code('gina'),
      grant_type: 'authorization_code',
    });
    const asWechatSays = await fetch(`${world.emulator.url}/sns/jscode2session?${query.toString()}`);
    const wechat = JSON.parse(await asWechatSays.text()) as Record<string, string>;
    const asked = await fetch(`${world.emulator.url}/cgi-bin/stable_token`, {
      method: 'POST',
      body: JSON.stringify({ grant_type: 'client_credential', appid: tea.appid, secret: tea.secret }),
    });
    const { access_token: accessTokenOfWechat } = JSON.parse(await asked.text()) as { access_token: string };
    world.keepSecret(accessTokenOfWechat);

    const personal = [
      'a-header-of-gina',
      'a-query-of-gina',
      'a-nickname-of-gina',
      'a-browser-of-gina',
      '127.0.0.9',
    ];
    const known: string[] = [wechat['openid']!, wechat['session_key']!, wechat['unionid']!, '13800138000'];
    const before = collector.spans.length;
    await traced(async (node) => {
      const from = '127.0.0.9';
      const headers = {
        'user-agent': 'a-browser-of-gina',
        tracestate: 'vendor=a-header-of-gina',
        baggage: 'user=a-header-of-gina',
        'x-forwarded-proto': 'a-header-of-gina',
        'x-request-id': 'a-header-of-gina',
      };
      const { code: phoneCode } = await world.control('POST', '/wx/getPhoneNumber', {
        appid: tea.appid,
        user: 'gina',
      });
      world.keepSecret(phoneCode);
      const login = { code: await world.code('gina'), phoneCode, appid: tea.appid };
      const { body } = await node.login(login, { headers, from });
      expect(body).toMatchObject({ user: { phone: '+8613800138000' } });
      const { accessToken, refreshToken, user } = body;
      known.push(user.id);
      const bearer = { headers: { ...headers, authorization: `Bearer ${accessToken}` }, from };
      await node.login(login, { headers, from });
      await node.refresh(refreshToken);
      await node.patch('/me', { nickname: 'a-nickname-of-gina' }, bearer);
      await node.get(`/me?access_token=${accessToken}&q=a-query-of-gina`, bearer);
      await node.get(`/${accessToken}/${refreshToken}?q=a-query-of-gina`, bearer);
      const sessions = (await node.get('/me/sessions', bearer)).body;
      known.push(sessions[0].id);
      await node.call('DELETE', `/me/sessions/${sessions[0].id}`, bearer);
      await node.post('/auth/login', `{"code":"${await world.code('gina')}"`, { headers, from });
      await node.login({ code: { code: await world.code('gina') } }, { headers, from });
      for (const fault of [{ errcode: 40125 }, { body: 'truncated' }, { reset: true }]) {
        await world.fault({ ...fault, times: 3 });
        await world.login(node, 'gina');
        await world.control('DELETE', '/faults');
      }
      await world.database.query('ALTER TABLE sessions ADD CONSTRAINT never CHECK (false) NOT VALID');
      await world.login(node, 'gina');
      await world.database.query('ALTER TABLE sessions DROP CONSTRAINT never');
      const admin = await world.createAdmin(node);
      await node.as(admin.accessToken, 'POST', '/admin/users/search', { query: '+8613800138000' });
      await admin.callUsers('GET', user.id);
    });

    const names = new Set(collector.spans.slice(before).map(({ name }) => name));
    for (const name of [
      'POST /auth/login',
      'POST /auth/refresh',
      'PATCH /me',
      'GET',
      'GET /admin/users/:id',
    ]) {
      expect(names).toContain(name);
    }
    expect(
      [...names].filter((name) => name.startsWith('POST /wxa/business/getuserphonenumber')),
    ).toHaveLength(1);
    for (const text of [...personal, ...known]) expect(collector.received).not.toContain(text);
    world.expectNoSecretIn(collector.received);
  });

  it('would fail this very check', async () => {
    const secret = 'a-secret-name-of-a-service';
    await traced((node) => node.get('/.well-known/jwks.json'), { OTEL_SERVICE_NAME: secret });
    expect(() => world.expectNoSecretIn(collector.received)).not.toThrow();
    world.keepSecret(secret);
    expect(() => world.expectNoSecretIn(collector.received)).toThrow('a secret was sent');
  });

  it("are set up by OpenTelemetry's own variables, one of which may be a file", async () => {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-tracing-'));
    const file = join(directory, 'headers');
    writeFileSync(file, 'authorization=Basic%20bmljZQ==,x-tenant=teahouse\n');
    const sampled = createTrace();
    const before = collector.requests.length;
    await traced(
      async (node) => {
        await node.get('/.well-known/jwks.json', { headers: { traceparent: sampled.traceparent } });
        await node.get('/.well-known/jwks.json', {
          headers: { traceparent: createTrace().traceparent.replace(/1$/, '0') },
        });
        await node.get('/.well-known/jwks.json');
      },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/of/a/vendor`,
        OTEL_EXPORTER_OTLP_HEADERS_FILE: file,
        OTEL_SERVICE_NAME: 'teahouse-login',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.instance.id=node-1',
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0',
      },
    );
    rmSync(directory, { recursive: true });
    const requests = collector.requests.slice(before);
    expect(requests).toMatchObject([
      { path: '/of/a/vendor', headers: { authorization: 'Basic bmljZQ==', 'x-tenant': 'teahouse' } },
    ]);
    const [span] = collector.trace(sampled.id);
    expect(span!.resource).toMatchObject({
      'service.name': 'teahouse-login',
      'service.instance.id': 'node-1',
      'deployment.environment.name': 'test',
    });
    expect(collector.spans.filter(({ resource }) => resource['service.name'] === 'teahouse-login')).toEqual([
      span,
    ]);
  });

  it.each([
    [
      'an endpoint that is no URL',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
      'OTEL_EXPORTER_OTLP_ENDPOINT is not',
      0,
    ],
    ['another protocol', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL is not', 1],
    ['an unknown sampler', { OTEL_TRACES_SAMPLER: 'every_other' }, 'OTEL_TRACES_SAMPLER value', 1],
  ])('are not worth a service that does not start: %s is a warning', async (_, changes, warning, sent) => {
    const before = collector.spans.length;
    const output = await traced(async (node) => {
      await node.get('/.well-known/jwks.json');
      return node.output;
    }, changes);
    expect(output).toMatch(new RegExp(`"level":"warn".*"context":"OpenTelemetry".*${warning}`));
    expect(collector.spans.length - before).toBe(sent);
  });

  describe('if the collector', () => {
    afterAll(() => {
      collector.answer = (response) => void response.writeHead(200).end();
    });
    const often = { OTEL_BSP_SCHEDULE_DELAY: '20', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' };

    it('fails, do not disturb requests, and the log has one line about it, and one when it works again', async () => {
      const node = await world.startNode(tracing({ ...often }));
      collector.answer = (response) => void response.writeHead(400, 'Not Today').end('a body');
      for (let count = 0; count < 5; count += 1) expect((await world.login(node, 'hans')).status).toBe(200);
      await expect.poll(() => node.output).toContain('The collector takes no traces: 400 Not Today');
      collector.answer = (response) => void response.writeHead(200).end();
      await expect
        .poll(async () => {
          await node.get('/.well-known/jwks.json');
          return node.output;
        })
        .toContain('The collector takes traces again');
      expect(await node.stop()).toBe(0);
      expect(node.output.match(/The collector takes no traces/g)).toHaveLength(1);
      expect(node.output).not.toContain('a body');
    });

    it('hangs, delay neither requests nor the end of the process', async () => {
      const forEver = { OTEL_EXPORTER_OTLP_TIMEOUT: '3600000', OTEL_BSP_EXPORT_TIMEOUT: '3600000' };
      const node = await world.startNode(tracing({ ...often, ...forEver }));
      const before = collector.requests.length;
      collector.answer = () => {};
      for (let count = 0; count < 5; count += 1) expect((await world.login(node, 'ines')).status).toBe(200);
      await expect.poll(() => collector.requests.length).toBeGreaterThan(before);
      expect(await node.stop()).toBe(0);
    });
  });

  describe('without OTEL_EXPORTER_OTLP_ENDPOINT', () => {
    /** Whether a node has loaded OpenTelemetry, by what Node lists for the measurement of coverage. */
    async function loadsOpenTelemetry(changes: Record<string, string | undefined>): Promise<boolean> {
      const reports = mkdtempSync(join(tmpdir(), 'weapp-auth-loaded-'));
      const node = await world.startNode({ ...changes, NODE_V8_COVERAGE: reports });
      expect((await world.login(node, 'jack')).status).toBe(200);
      expect(await node.stop()).toBe(0);
      const scripts = readdirSync(reports)
        .map(
          (report) =>
            JSON.parse(readFileSync(join(reports, report), 'utf8')) as { result: { url: string }[] },
        )
        .flatMap(({ result }) => result.map(({ url }) => url))
        .filter((url) => url.startsWith('file:'))
        .map((url) => fileURLToPath(url));
      rmSync(reports, { recursive: true });
      expect(scripts.some((script) => script.includes('/dist/chunks/'))).toBe(true);
      // The name under which the API keeps what is global.
      return scripts.some((script) => readFileSync(script, 'utf8').includes('opentelemetry.js.api'));
    }

    it('do not exist, and nothing of OpenTelemetry is loaded', async () => {
      expect(await loadsOpenTelemetry({})).toBe(false);
      expect(await loadsOpenTelemetry(tracing())).toBe(true);
    });

    it.each<Record<string, string>>([{ OTEL_SDK_DISABLED: 'True' }, { OTEL_TRACES_EXPORTER: 'none' }])(
      'nor with %j',
      async (changes) => {
        expect(await loadsOpenTelemetry(tracing(changes))).toBe(false);
      },
    );
  });
});
