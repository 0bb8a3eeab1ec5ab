import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { expectProblem } from '../harness/problem.js';
import { tea, useWorld } from '../harness/world.js';

describe('the limit on failed logins', () => {
  const world = useWorld();

  const bad = (limited: ServiceNode, from: string, headers = {}) =>
    limited.login({ code: 'bad', appid: tea.appid }, { from, headers });

  let limitedToFive: ServiceNode;
  let behindProxy: ServiceNode;
  beforeAll(async () => {
    [limitedToFive, behindProxy] = await Promise.all([
      world.startNode({ RATE_LIMIT_LOGIN: '5' }),
      world.startNode({ RATE_LIMIT_LOGIN: '1', TRUST_PROXY: '127.0.0.0/8' }),
    ]);
  });

  it('refuses every exchange of an address that has failed too often, and of no other', async () => {
    const limited = await world.startNode({ RATE_LIMIT_LOGIN: '3' });
    const began = performance.now();
    for (let failure = 0; failure < 3; failure += 1) {
      expect((await bad(limited, '127.0.0.2')).status).toBe(401);
    }
    await world.control('DELETE', '/requests');
    const refused = await limited.login(
      { code: await world.code('anna'), appid: tea.appid },
      { from: '127.0.0.2' },
    );
    expectProblem(refused, 429, 'rate_limited');
    const secondsGone = Math.ceil((performance.now() - began) / 1_000);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(60 - secondsGone);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(await world.exchanges(), 'WeChat is not asked').toEqual([]);
    expect((await world.login(limited, 'anna')).status).toBe(200);
  });

  it('counts no login that succeeds, and none that fails for another reason', async () => {
    const limited = await world.startNode({ RATE_LIMIT_LOGIN: '1' });
    for (let login = 0; login < 3; login += 1) expect((await world.login(limited, 'anna')).status).toBe(200);
    await world.fault({ errcode: -1, times: 3 });
    expect((await world.login(limited, 'anna')).status).toBe(503);
    expect((await limited.login({})).status).toBe(400);
    expect((await world.login(limited, 'anna')).status).toBe(200);
  });

  it('is not passed by many codes at once: WeChat is asked no more often', async () => {
    await world.fault({ delayMs: 100 });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        limitedToFive.login({ code: `bad-${index}`, appid: tea.appid }, { from: '127.0.0.2' }),
      ),
    );
    const codes = answers.map(({ body }) => body.code as string);
    expect(codes.filter((code) => code === 'code_invalid')).toHaveLength(5);
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(55);
    expect(await world.exchanges()).toHaveLength(5);
  });

  it('refuses none of many phones that come at once from one address with good codes', async () => {
    const users = Array.from({ length: 40 }, (_, index) => `phone ${index}`);
    const logins = await world.loginAtOnce(limitedToFive, users);
    expect(logins.map(({ status }) => status)).toEqual(Array(40).fill(200));
  });

  it('can be switched off', async () => {
    const open = await world.startNode({ RATE_LIMIT_LOGIN: '0' });
    for (let failure = 0; failure < 70; failure += 1) expect((await bad(open, '127.0.0.2')).status).toBe(401);
  });

  it('goes by X-Forwarded-For if the proxy is trusted', async () => {
    const from = (ip: string) => bad(behindProxy, '127.0.0.1', { 'x-forwarded-for': ip });
    expect((await from('203.0.113.1')).status).toBe(401);
    expect((await from('203.0.113.1')).status).toBe(429);
    expect((await from('203.0.113.2')).status).toBe(401);
    const { body } = await behindProxy.login(
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
    const names = ['1:2:3:4:5:6:7:8:9::', 'unknown', '203.0.113.7:', '"><script>', '', ',', ' , '];
    for (const [index, name] of names.entries()) {
      const proxy = `127.0.0.${index + 10}`;
      expect((await bad(behindProxy, proxy, { 'x-forwarded-for': name })).status, name).toBe(401);
      expect((await bad(behindProxy, proxy)).status, name).toBe(429);
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

  it('warns also if no proxy is trusted at all', async () => {
    const limited = await world.startNode();
    await limited.get('/health/live', { headers: { 'x-forwarded-for': '203.0.113.1' } });
    await expect.poll(() => limited.output).toContain('TRUST_PROXY does not list');
  });
});
