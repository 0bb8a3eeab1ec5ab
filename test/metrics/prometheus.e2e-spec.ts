import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { guideBlock } from '../harness/guide.js';
import { hasPrometheus, Prometheus } from '../harness/prometheus.js';
import type { ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

const deploy = join(import.meta.dirname, '../../deploy');
const dashboardFile = join(deploy, 'grafana/weapp-auth.json');
const alertsFile = join(deploy, 'prometheus/alerts.yml');
const guides = ['docs/guides/monitoring.md', 'docs/zh/guides/monitoring.md'].map((guide) =>
  readFileSync(join(import.meta.dirname, '../..', guide), 'utf8'),
);

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** The queries of the dashboard by the titles of their panels, with values for Grafana's variables. */
const dashboardQueries = (JSON.parse(readFileSync(dashboardFile, 'utf8')).panels as any[]).flatMap(
  ({ title, targets = [] }) =>
    targets.map(({ expr }: { expr: string }) => [
      title,
      expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'),
    ]) as [string, string][],
);

const alerts = readFileSync(alertsFile, 'utf8');
const alertNames = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);

const metricName = /\b(?:weapp_auth|nodejs|process)_\w+/g;

describe('the dashboard and the alerts', () => {
  const world = useWorld();
  let node: ServiceNode;
  let port: number;
  beforeAll(async () => {
    port = await findFreePort();
    node = await world.startNode({
      METRICS_PORT: String(port),
      WECHAT_MAX_CONCURRENCY: '1',
      // It is no standby, so the primary answers. That counts, too.
      DATABASE_REPLICA_URL: world.database.url,
    });
  });

  it('ask only for metrics that the service has', async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const known = new Set(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name! + suffix) : [name!],
      ),
    );
    const asked = [...dashboardQueries.map(([, query]) => query), alerts].join('\n').match(metricName)!;
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('show every metric of the service, and the guides explain each', async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const names = [...text.matchAll(/^# TYPE (weapp_auth_\w+) /gm)].map(([, name]) => name!);
    for (const guide of guides) expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
    const asked = dashboardQueries.map(([, query]) => query).join('\n');
    // Whether there is a token shows in its age.
    const shown = names.filter((name) => name !== 'weapp_auth_wechat_access_token_present');
    expect(shown.filter((name) => !asked.includes(name))).toEqual([]);
  });

  it('have a section in the guides for each alert', () => {
    expect(alertNames.length).toBeGreaterThan(10);
    for (const guide of guides) {
      expect([...guide.matchAll(/^### (WeappAuth\w+)$/gm)].map(([, name]) => name)).toEqual(alertNames);
    }
  });

  it.skipIf(!hasPromtool)('are written as Prometheus wants them (skipped without promtool)', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', alertsFile], {
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
  });

  describe.skipIf(!hasPrometheus)('in a real Prometheus (skipped without one)', () => {
    let prometheus: Prometheus;
    beforeAll(async () => {
      const scrape = guideBlock('monitoring.md', 'yaml', 'job_name', {
        '127.0.0.1:9464': `127.0.0.1:${port}`,
      });
      prometheus = await Prometheus.start(scrape, alertsFile, await findFreePort());
    });
    afterAll(() => prometheus?.stop());

    /** Something of everything that is counted. */
    async function makeTraffic(): Promise<void> {
      const { body } = await world.login(node, 'anna');
      await node.as(body.accessToken, 'GET', '/me/session-key');
      for (const errcode of [40013, 45009]) {
        await world.fault({ errcode, times: 1 });
        await world.login(node, 'anna');
      }
      await world.database.query('ALTER TABLE sessions ADD CONSTRAINT never CHECK (false) NOT VALID');
      expect((await world.login(node, 'anna')).status).toBe(500);
      await world.database.query('ALTER TABLE sessions DROP CONSTRAINT never');
      // Two logins may be in progress.
      await world.fault({ delayMs: 1_000, times: 1 });
      const crowd = await Promise.all(
        ['anna', 'bert', 'carl', 'dora'].map((user) => world.login(node, user)),
      );
      expect(crowd.map(({ body: { code } }) => code)).toContain('overloaded');
    }

    it('find what they ask for', async () => {
      await makeTraffic();
      for (const [title, query] of dashboardQueries) {
        await expect
          .poll(() => prometheus.count(query), { message: `${title}: ${query}` })
          .toBeGreaterThan(0);
      }
      await expect
        .poll(async () => (await prometheus.alertRules()).filter(({ health }) => health !== 'ok'))
        .toEqual([]);
      const rules = await prometheus.alertRules();
      expect(rules.map(({ name }) => name)).toEqual(alertNames);
      for (const { name, query } of rules) {
        const compared = /^(.+) (?:>|==) \S+$/s.exec(query)?.[1];
        expect(compared, `${name} compares: ${query}`).toBeDefined();
        await expect
          .poll(() => prometheus.count(compared!), { message: `${name}: ${compared}` })
          .toBeGreaterThan(0);
      }
    });

    it('tell of logins that WeChat does not let through, and of a node that has died', async () => {
      const stateOf = async (alert: string) =>
        (await prometheus.alertRules()).find(({ name }) => name === alert)?.state;
      await expect
        .poll(async () => {
          await world.fault({ errcode: 40013, times: 1 });
          await node.login({ code: await world.code('erna'), appid: tea.appid });
          return [await stateOf('WeappAuthWechatMisconfigured'), await stateOf('WeappAuthLoginsFail')];
        })
        .toEqual(['firing', 'pending']);
      expect(await stateOf('WeappAuthNodeDown')).toBe('inactive');
      await node.stop('SIGKILL');
      await expect.poll(() => stateOf('WeappAuthNodeDown')).toBe('pending');
    });
  });
});
