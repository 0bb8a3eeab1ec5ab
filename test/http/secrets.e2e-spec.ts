import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { dump } from '../harness/database.js';
import { scrape } from '../harness/metrics.js';
import type { ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

/**
 * What every test file checks of codes and tokens at its end (see `World.expectSecretsKept`), this one checks of
 * what WeChat hands out, and on the roads where things go wrong.
 */
describe('secrets', () => {
  const world = useWorld();
  let node: ServiceNode;
  let metricsPort: number;
  beforeAll(async () => {
    metricsPort = await findFreePort();
    node = await world.startNode({ LOG_LEVEL: 'trace', METRICS_PORT: String(metricsPort) });
  });

  /** Asks WeChat as the service does, so that the test knows what the service will be told. */
  async function exchangeDirectly(
    user: string,
  ): Promise<{ openid: string; session_key: string; unionid: string }> {
    const query = new URLSearchParams({
      appid: tea.appid,
      secret: tea.secret,
      js_code: await world.code(user),
      grant_type: 'authorization_code',
    });
    const response = await fetch(`${world.emulator.url}/sns/jscode2session?${query.toString()}`);
    return JSON.parse(await response.text());
  }

  it('of WeChat reach neither logs, answers nor the database: session_key; and openid and unionid no log or answer', async () => {
    await world.control('POST', '/settings', { sessionKeyMinInterval: 3_600 });
    const { session_key: sessionKey, openid, unionid } = await exchangeDirectly('anna');
    const { body } = await world.login(node, 'anna');
    await node.me(body.accessToken);
    const [identity] = await world.database.query('SELECT openid, unionid FROM identities');
    expect(identity, 'the service was told the same').toEqual({ openid, unionid });

    const outside = node.output + node.answers.join('\n');
    expect(outside).toContain(body.user.id);
    for (const secret of [sessionKey, openid, unionid]) expect(outside).not.toContain(secret);
    const stored = await dump(world.database.url);
    expect(stored).toContain(openid);
    expect(stored).not.toContain(sessionKey);
    expect(stored).not.toContain(Buffer.from(sessionKey, 'base64').toString('hex'));
  });

  it('reach no metrics, nor does an id of a user or a session', async () => {
    await world.control('POST', '/settings', { sessionKeyMinInterval: 3_600 });
    const { session_key: sessionKey, openid, unionid } = await exchangeDirectly('fred');
    const { body } = await world.login(node, 'fred');
    const { accessToken, refreshToken, user } = body;
    const sessions = (await node.as(accessToken, 'GET', '/me/sessions')).body;
    await node.get(`/${accessToken}?token=${refreshToken}`);
    await node.as(accessToken, 'DELETE', `/me/sessions/${sessions[0].id}`);
    await node.login({ code: 'a-code-that-wechat-does-not-know', appid: tea.appid });
    await world.fault({ errcode: 40013, times: 1 });
    await world.login(node, 'fred');

    const metrics = JSON.stringify(await scrape(node, metricsPort));
    expect(metrics).toContain('/me/sessions/:id');
    const ids = [user.id, sessions[0].id, openid, unionid];
    for (const secret of [...ids, sessionKey, accessToken, refreshToken, 'a-code-that']) {
      expect(metrics).not.toContain(secret);
    }
    await world.expectSecretsKept();
  });

  it('stay out of logs and answers when WeChat fails in every way, also at the most talkative log level', async () => {
    for (const fault of [
      { errcode: -1 },
      { errcode: 40125 },
      { errcode: 99_999 },
      { body: 'html' },
      { body: 'truncated' },
      { reset: true },
      { httpStatus: 500, body: 'html' },
    ]) {
      await world.fault({ ...fault, times: 3 });
      expect((await world.login(node, 'bert')).status).toBeGreaterThanOrEqual(500);
      await world.control('DELETE', '/faults');
    }
    const nowhere = await world.startNode({ WECHAT_BASE_URL: 'https://wechat.invalid', LOG_LEVEL: 'trace' });
    expect((await world.login(nowhere, 'bert')).status).toBe(503);
    await world.expectSecretsKept();
  });

  it('stay out of logs and answers when the database refuses a statement, with what was to be written', async () => {
    await world.login(node, 'carl');
    await world.database.query('ALTER TABLE sessions ADD CONSTRAINT never CHECK (false) NOT VALID');
    const answer = await world.login(node, 'carl');
    await world.database.query('ALTER TABLE sessions DROP CONSTRAINT never');
    expect(answer).toMatchObject({
      status: 500,
      body: {
        code: 'internal_error',
        detail:
          'This service failed unexpectedly. Its operator finds the reason in the log, under this requestId.',
      },
    });
    await expect
      .poll(() => node.output)
      .toMatch(new RegExp(`"requestId":"${answer.body.requestId}".*SQLSTATE 23514`));
    expect(node.output).not.toContain('Failing row');
    await world.expectSecretsKept();
  });

  it('stay out of the log when they are sent where they do not belong', async () => {
    const { body } = await world.login(node, 'dora');
    const code = await world.code('dora');
    await node.get(`/nowhere?code=${code}&token=${body.accessToken}`);
    await node.get(`/me?access_token=${body.accessToken}`);
    await node.get(`/${body.refreshToken}`);
    await node.post('/auth/login', `{"code":"${code}"`);
    await node.login({ code: { code } });
    await world.expectSecretsKept();
  });

  it("stay out of the log when something in WeChat's place quotes the request", async () => {
    const gateway = createServer((request, response) => {
      response.end(
        JSON.stringify({
          errcode: 40013,
          errmsg: `bad request ${request.url} ${decodeURIComponent(request.url!)}`,
        }),
      );
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const { port } = gateway.address() as AddressInfo;
    const quoted = await world.startNode({ WECHAT_BASE_URL: `http://127.0.0.1:${port}` });
    expect((await world.login(quoted, 'anna')).status).toBe(502);
    await quoted.login({ code: (await world.code('anna')) + ' +&', appid: tea.appid });
    await expect.poll(() => quoted.output).toContain('40013');
    gateway.close();
    await world.expectSecretsKept();
  });

  it('would be found by this very check', async () => {
    const known = 'a-secret-that-is-in-the-database';
    await world.login(node, 'erna');
    await world.database.query('UPDATE users SET nickname = $1', [known]);
    world.keepSecret(known);
    await expect(world.expectSecretsKept()).rejects.toThrow('a secret was stored');
    await world.database.query('UPDATE users SET nickname = NULL');
  });
});
