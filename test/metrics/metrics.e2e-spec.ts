import { beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { scrape, valueOf } from '../harness/metrics.js';
import type { ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

const requests = 'weapp_auth_http_request_duration_seconds';
const wechat = 'weapp_auth_wechat_request_duration_seconds';
const exchange = '/sns/jscode2session';

describe('the metrics', () => {
  const world = useWorld();
  let node: ServiceNode;
  let port: number;
  beforeAll(async () => {
    port = await findFreePort();
    node = await world.startNode({ METRICS_PORT: String(port) });
  });

  it('count requests by method, pattern of the route and status', async () => {
    const { body } = await world.login(node, 'anna');
    await node.me(body.accessToken);
    await node.me(body.accessToken);
    await node.me('forged');
    await node.as(body.accessToken, 'DELETE', '/me/sessions/01a1fc0b-859e-7180-aca6-96954253776c');
    await node.get('/of-a-scanner-1?q=1');
    await node.get('/of-a-scanner-2');

    const count = (
      samples: Awaited<ReturnType<typeof scrape>>,
      method: string,
      route: string,
      status: number,
    ) => valueOf(samples, `${requests}_count`, { method, route, status: String(status) });
    // A response is counted once it is sent, which the client may know first.
    await expect.poll(async () => count(await scrape(node, port), 'GET', 'none', 404)).toBe(2);
    const samples = await scrape(node, port);
    expect(count(samples, 'GET', '/me', 200)).toBe(2);
    expect(count(samples, 'GET', '/me', 401)).toBe(1);
    expect(count(samples, 'POST', '/auth/login', 200)).toBe(1);
    expect(count(samples, 'DELETE', '/me/sessions/:id', 404)).toBe(1);
    const me = { method: 'GET', route: '/me', status: '200' };
    expect(valueOf(samples, `${requests}_bucket`, { ...me, le: '+Inf' })).toBe(2);
    expect(valueOf(samples, `${requests}_sum`, me)).toBeGreaterThan(0);
    const routes = new Set(
      samples.filter(({ name }) => name === `${requests}_count`).map(({ labels }) => labels['route']),
    );
    expect([...routes].filter((route) => route!.includes('scanner'))).toEqual([]);
  });

  it('count logins by app and outcome', async () => {
    const before = await scrape(node, port);
    await world.login(node, 'bert');
    await node.login({ code: 'unheard-of', appid: tea.appid });
    await node.login({ code: 'unheard-of', appid: 'wx-of-a-stranger' });

    const samples = await scrape(node, port);
    const growth = (labels: Record<string, string>) =>
      (valueOf(samples, 'weapp_auth_logins_total', labels) ?? 0) -
      (valueOf(before, 'weapp_auth_logins_total', labels) ?? 0);
    expect(growth({ appid: tea.appid, outcome: 'succeeded' })).toBe(1);
    expect(growth({ appid: tea.appid, outcome: 'code_invalid' })).toBe(1);
    expect(samples.filter(({ labels }) => labels['appid'] === 'wx-of-a-stranger')).toEqual([]);
  });

  it('count calls to WeChat by interface and errcode, and show the breaker that keeps them back', async () => {
    const ofAnother = await findFreePort();
    const other = await world.startNode({ METRICS_PORT: String(ofAnother), RATE_LIMIT_LOGIN: '0' });
    const isOpen = async () =>
      valueOf(await scrape(other, ofAnother), 'weapp_auth_wechat_breaker_open', {
        appid: tea.appid,
        api: exchange,
      });
    await world.login(other, 'carl');
    expect(await isOpen()).toBe(0);
    await other.login({ code: 'unheard-of', appid: tea.appid });
    await world.fault({ errcode: -1, times: 1 });
    await world.login(other, 'carl');
    await world.fault({ body: 'html', times: 1_000 });
    while ((await isOpen()) === 0) await world.login(other, 'carl');

    const samples = await scrape(other, ofAnother);
    const count = (errcode: string) => valueOf(samples, `${wechat}_count`, { api: exchange, errcode });
    expect(count('0')).toBe(2);
    expect(count('40029')).toBe(1);
    expect(count('-1')).toBe(1);
    expect(count('malformed')).toBe(10);
  });

  it("show whether this node has WeChat's access_token, and since when", async () => {
    const { body } = await world.login(node, 'dora');
    expect((await node.as(body.accessToken, 'GET', '/me/session-key')).status).toBe(200);
    const samples = await scrape(node, port);
    expect(valueOf(samples, 'weapp_auth_wechat_access_token_present', { appid: tea.appid })).toBe(1);
    const age = valueOf(samples, 'weapp_auth_wechat_access_token_age_seconds', { appid: tea.appid });
    expect(age).toBeGreaterThan(0);
    expect(valueOf(samples, `${wechat}_count`, { api: '/cgi-bin/stable_token', errcode: '0' })).toBe(1);
  });

  it('show what the node knows of revocations', async () => {
    const before = valueOf(await scrape(node, port), 'weapp_auth_revocations')!;
    const { body } = await world.login(node, 'erna');
    await node.as(body.accessToken, 'POST', '/auth/logout');
    const samples = await scrape(node, port);
    expect(valueOf(samples, 'weapp_auth_revocations')).toBe(before + 1);
    expect(valueOf(samples, 'weapp_auth_revocations_age_seconds')).toBeGreaterThan(0);
  });

  it('show the pool, the jobs and the process', async () => {
    await expect
      .poll(async () => {
        const job = { job_name: 'sessions' };
        return valueOf(await scrape(node, port), 'weapp_auth_job_last_success_timestamp_seconds', job);
      })
      .toBeGreaterThan(1_700_000_000);
    const samples = await scrape(node, port);
    expect(valueOf(samples, 'weapp_auth_database_connections_max')).toBe(10);
    for (const state of ['idle', 'busy']) {
      expect(valueOf(samples, 'weapp_auth_database_connections', { state })).toBeGreaterThanOrEqual(0);
    }
    expect(valueOf(samples, 'weapp_auth_database_waiting')).toBe(0);
    expect(
      samples.filter(({ name }) => name === 'weapp_auth_job_failures_total').map(({ value }) => value),
    ).not.toContain(1);
    expect(valueOf(samples, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(valueOf(samples, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('are on their own port alone, and nothing else is there', async () => {
    expect((await node.get('/metrics')).status).toBe(404);
    const elsewhere = await fetch(`http://127.0.0.1:${port}/health/live`);
    expect(elsewhere.status).toBe(404);
    const posted = await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' });
    expect(posted.status).toBe(404);
  });

  it('keep a node from starting if METRICS_PORT is taken, with a sentence that says so', async () => {
    const second = world.launchNode({ METRICS_PORT: String(port) });
    expect(await second.exit()).toBe(1);
    expect(second.output).toContain(
      `The service did not start. /metrics cannot listen on 127.0.0.1, port ${port}: the port is taken. Set METRICS_PORT`,
    );
  });

  it('are left out with a warning if nobody has chosen the port, and the usual one is taken', async () => {
    // One of two at most gets the port. Somebody else on this machine may have it.
    const nodes = [
      await world.startNode({ METRICS_PORT: undefined }),
      await world.startNode({ METRICS_PORT: undefined }),
    ];
    await expect
      .poll(() => nodes.map(({ output }) => output).join(''))
      .toContain('port 9464: the port is taken. Set METRICS_PORT');
    for (const each of nodes) expect((await world.login(each, 'fred')).status).toBe(200);
  });
});
