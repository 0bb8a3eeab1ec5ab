import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectDirectory } from '../../dev/build.js';
import type { Admin } from '../harness/admin.js';
import { cake, tea } from '../harness/apps.js';
import { launchBrowser } from '../harness/browser.js';
import { ConsoleVisit } from '../harness/console.js';
import type { ServiceNode } from '../harness/node.js';
import { reports, scanSettings, shop } from '../harness/scans.js';
import { useWorld } from '../harness/world.js';

const maxFirstPageBytes = 350 * 1024;

const browser: Browser | undefined = await launchBrowser();

describe.skipIf(!browser)('the pages of the console', () => {
  const world = useWorld();
  let node: ServiceNode;
  let admin: Admin;
  /** Whom the entries of the audit log are about. */
  let annaId: string;
  /** In Chinese, light, wide. */
  let visit: ConsoleVisit;
  let page: Page;

  beforeAll(async () => {
    node = await world.startNode({ CONSOLE: 'true', ...scanSettings });
    admin = await world.createAdmin(node);
    annaId = (await world.login(node, 'anna')).body.user.id;
    await admin.callUsers('PATCH', annaId, { status: 'disabled', reason: 'spam' });
    await admin.callUsers('PATCH', annaId, { status: 'active', roles: ['support'] });
    visit = await ConsoleVisit.open(browser!, world, node, { path: 'users' });
    page = visit.page;
    await visit.approve('operator');
    await visit.shows('用户');
    await page.getByRole('table').waitFor();
  });

  afterAll(async () => {
    await visit?.close();
    await browser?.close();
  });

  /** Opens a page of the console in the tab that is signed in. */
  async function open(path: string, heading: string | RegExp): Promise<void> {
    await page.goto(`${node.url}/console/${path}`);
    await visit.shows(heading);
  }

  /** The texts of the cells, row by row, once there are rows. */
  async function rowsOf(table: Locator): Promise<string[][]> {
    await table.locator('tbody tr').first().waitFor();
    const rows = await table.locator('tbody tr').all();
    return Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
  }

  /** Chooses by the keyboard. Ant Design only draws the options that can be seen. */
  async function choose(label: string, option: string): Promise<void> {
    const select = page.getByRole('combobox', { name: label });
    await select.press('Enter');
    const active = page.locator('.ant-select-item-option-active:visible');
    await active.waitFor();
    await expect
      .poll(async () => {
        if ((await active.innerText()) === option) return option;
        await page.keyboard.press('ArrowDown');
        return active.innerText();
      })
      .toBe(option);
    await page.keyboard.press('Enter');
  }

  it('need less than 350 KB for the sign-in and the first one, gzipped', async () => {
    const first = await ConsoleVisit.open(browser!, world, node);
    await first.approve('operator');
    await first.shows('用户');
    await first.page.getByRole('table').waitFor();
    const urls = await first.page.evaluate<string[]>(
      `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/assets/'))`,
    );
    const sizes = urls.map((url) => {
      const file = join(projectDirectory, 'dist/console/assets', basename(new URL(url).pathname));
      return gzipSync(readFileSync(file)).length;
    });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(100_000);
    expect(total).toBeLessThan(maxFirstPageBytes);
    await first.close();
  });

  it('are all reached by the keyboard', async () => {
    await open('users', '用户');
    for (const name of ['审计日志', '统计', '应用', '健康状况']) {
      const link = page.getByRole('navigation', { name: '页面' }).getByRole('link', { name });
      await page.getByRole('heading', { level: 1 }).focus();
      // Backwards from the heading.
      await expect
        .poll(async () => {
          await page.keyboard.press('Shift+Tab');
          return link.evaluate((element: any) => element === element.ownerDocument.activeElement);
        })
        .toBe(true);
      await page.keyboard.press('Enter');
      await visit.shows(name);
      expect(await link.getAttribute('aria-current')).toBe('page');
      const heading = page.getByRole('heading', { level: 1 });
      expect(await heading.evaluate((element: any) => element === element.ownerDocument.activeElement)).toBe(
        true,
      );
    }
  });

  describe('the audit log', () => {
    const table = () => page.getByRole('table');

    it('says in plain words who did what to whom, and links to them', async () => {
      await open(`audit?user=${annaId}`, '审计日志');
      const anna = `用户 …${annaId.slice(-8)}`;
      const rows = await rowsOf(table());
      expect(rows.map(([, action, actor, user, ip, details]) => [action, actor, user, ip, details])).toEqual([
        ['更改角色', '您', anna, '127.0.0.1', '更改后 support\n更改前 无'],
        ['解除封禁', '您', anna, '127.0.0.1', ''],
        ['封禁', '您', anna, '127.0.0.1', '截止 无期限'],
      ]);
      await visit.expectAccessible();

      await table().getByRole('link', { name: anna }).first().click();
      await expect.poll(() => page.url()).toBe(`${node.url}/console/users/${annaId}`);
      await page.goBack();
      await visit.shows('审计日志');
      expect(await page.getByRole('searchbox', { name: '对象用户 ID' }).inputValue()).toBe(annaId);
    });

    it('has its filters in the URL, and finds the same after a reload', async () => {
      await open('audit', '审计日志');
      await choose('事件', '封禁');
      await expect.poll(async () => (await rowsOf(table())).map(([, action]) => action)).toEqual(['封禁']);
      expect(page.url()).toBe(`${node.url}/console/audit?action=user.disabled`);
      await page.reload();
      await visit.shows('审计日志');
      expect((await rowsOf(table())).map(([, action]) => action)).toEqual(['封禁']);

      await page.getByRole('searchbox', { name: '对象用户 ID' }).fill(admin.id);
      await page.keyboard.press('Enter');
      await page.getByText('没有符合条件的记录').waitFor();
      await visit.expectAccessible();
      await page.getByRole('button', { name: '清除条件' }).press('Enter');
      await expect.poll(() => page.url()).toBe(`${node.url}/console/audit`);
      await page.goBack();
      await page.getByText('没有符合条件的记录').waitFor();
    });

    it('says what is no user id, and asks the service nothing', async () => {
      await open('audit', '审计日志');
      await page.getByRole('searchbox', { name: '对象用户 ID' }).fill('13800138000');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: '这不是用户 ID' }).waitFor();
      expect(page.url()).toBe(`${node.url}/console/audit`);
      await visit.expectAccessible();
    });

    it('shows an action that it does not know as it is, and older entries page by page', async () => {
      await world.database.query(
        `INSERT INTO audit_events (action, actor, details)
         SELECT 'user.number_' || n, 'service', '{"number": 7}' FROM generate_series(1, 101) AS n`,
      );
      await open('audit', '审计日志');
      const actions = async () => (await rowsOf(table())).map(([, action]) => action);
      expect((await rowsOf(table()))[0]!.slice(1)).toEqual(['user.number_101', '系统', '', '', 'number 7']);
      const button = (name: string) => page.getByRole('button', { name });
      expect(await button('上一页').isDisabled()).toBe(true);
      await button('下一页').press('Enter');
      await expect.poll(async () => (await actions())[0]).toBe('user.number_51');
      await button('下一页').press('Enter');
      await expect.poll(async () => (await actions())[0]).toBe('user.number_1');
      await button('上一页').press('Enter');
      await expect.poll(async () => (await actions())[0]).toBe('user.number_51');
      await page.goBack();
      await expect.poll(async () => (await actions())[0]).toBe('user.number_1');
      await button('最新').press('Enter');
      await expect.poll(async () => (await actions())[0]).toBe('user.number_101');
    });
  });

  describe('the statistics', () => {
    /** Opens the table below a chart. */
    async function openTable(chart: string): Promise<Locator> {
      const panel = page.getByRole('region', { name: chart, exact: true }).first();
      await panel.getByText('查看数据表').press('Enter');
      return panel.getByRole('table');
    }

    it('say that there was no login', async () => {
      await world.database.query('DELETE FROM login_stats');
      await open('statistics', '统计');
      await page.getByText('这段时间没有登录').waitFor();
      expect(await page.getByRole('img', { name: '折线图' }).count()).toBe(0);
      await visit.expectAccessible();
    });

    it('draw logins, failures and new users of the days in the URL', async () => {
      await world.database.query(
        `INSERT INTO login_stats (day, appid, outcome, logins, new_users)
         SELECT (now() AT TIME ZONE 'UTC')::date - days, appid, outcome, logins, new_users
         FROM (VALUES (1, $1, 'succeeded', 20, 4), (1, $2, 'succeeded', 10, 0), (1, $1, 'code_used', 2, 0),
                      (1, $1, 'gone_mad', 1, 0), (20, $1, 'succeeded', 300, 30))
           AS stats (days, appid, outcome, logins, new_users)
         ON CONFLICT (day, appid, outcome) DO UPDATE SET logins = excluded.logins, new_users = excluded.new_users`,
        [tea.appid, cake.appid],
      );
      await open('statistics?days=7', '统计');
      const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
      const chart = page.getByRole('img', { name: '每日登录', exact: false }).first();
      await chart.waitFor();
      expect(await chart.getAttribute('aria-label')).toContain(
        `登录成功共 30，最多的一天是 ${yesterday}，30。`,
      );
      const rows = await rowsOf(await openTable('每日登录'));
      expect(rows).toHaveLength(7);
      expect(rows[1]).toEqual([yesterday, '30', '3']);
      expect(await rowsOf(page.getByRole('region', { name: '失败原因' }).getByRole('table'))).toEqual([
        ['登录 code 已使用过 code_used', '2'],
        ['gone_mad', '1'],
      ]);
      expect((await rowsOf(await openTable('每日新用户')))[1]).toEqual([yesterday, '4']);
      await visit.expectAccessible();
    });

    it('are of one app, and of other days, if one chooses so', async () => {
      await open('statistics?days=7', '统计');
      await choose('时间范围', '最近 30 天');
      await page.getByText('330', { exact: true }).first().waitFor();
      await choose('小程序', cake.name);
      await expect
        .poll(() => page.getByRole('region', { name: '合计' }).locator('dd').allInnerTexts())
        .toEqual(['10', '0', '100%', '0']);
      expect(page.url()).toBe(`${node.url}/console/statistics?app=${cake.appid}`);
      await page.getByText('没有失败的登录').waitFor();
    });
  });

  it('list the mini-programs and web clients, and lead to their users', async () => {
    await open('apps', '应用');
    const apps = await rowsOf(page.getByRole('table', { name: '小程序' }));
    expect(apps.map(([, appid]) => appid)).toContain(tea.appid);
    const clients = await rowsOf(page.getByRole('table', { name: '网页客户端' }));
    expect(clients).toContainEqual([shop.name, shop.id, shop.origins[0]]);
    expect(clients).toContainEqual([reports.name, reports.id, '无（程序，不是网页）']);
    await visit.expectAccessible();
    await page.getByRole('link', { name: '用户: ' }).first().press('Enter');
    await visit.shows('用户');
    expect(page.url()).toMatch(/\/console\/users\?app=wx/);
  });

  describe('the health of a node', () => {
    it('is read again every ten seconds, but not while the tab is hidden or one has stopped that', async () => {
      await page.clock.install();
      let reads = 0;
      page.on('request', (request) => {
        if (request.url().endsWith('/admin/health')) reads += 1;
      });
      await open('health', '健康状况');
      await page.getByRole('status').filter({ hasText: '就绪' }).waitFor();
      await visit.expectAccessible();
      const setHidden = (isHidden: boolean) =>
        page.evaluate(`
          Object.defineProperty(document, 'visibilityState', { value: ${isHidden ? '"hidden"' : '"visible"'}, configurable: true });
          document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        `);

      let readsBefore = reads;
      await page.clock.runFor(10_000);
      await expect.poll(() => reads).toBeGreaterThan(readsBefore);
      await setHidden(true);
      readsBefore = reads;
      await page.clock.runFor(60_000);
      expect(reads).toBe(readsBefore);
      await setHidden(false);
      await expect.poll(() => reads).toBeGreaterThan(readsBefore);

      await page.getByRole('switch', { name: '每 10 秒自动刷新' }).press('Space');
      readsBefore = reads;
      await page.clock.runFor(60_000);
      expect(reads).toBe(readsBefore);
      await page.getByRole('button', { name: '刷新', exact: true }).press('Enter');
      await expect.poll(() => reads).toBe(readsBefore + 1);
    });

    it('stays on the page if it cannot be read again, and says so', async () => {
      await open('health', '健康状况');
      await page.getByRole('status').filter({ hasText: '就绪' }).waitFor();
      const problem = { code: 'database_unavailable', title: 'No database', detail: 'It is away.' };
      await page.route('**/admin/health', (route) => route.fulfill({ status: 503, json: problem }));
      await page.getByRole('button', { name: '刷新', exact: true }).press('Enter');
      await page.getByRole('alert').filter({ hasText: '数据库暂时不可用' }).waitFor();
      expect(await page.getByRole('status').filter({ hasText: '就绪' }).count()).toBe(1);
      await visit.expectAccessible();
      await page.unrouteAll();
      await page.getByRole('button', { name: '重试' }).press('Enter');
      await page.getByRole('alert').waitFor({ state: 'detached' });
    });

    it('says what a node that is not ready lacks', async () => {
      await page.route('**/admin/health', async (route) => {
        const health = await (await route.fetch()).json();
        const parts = [{ name: 'database', fault: 'The connection was refused.' }];
        await route.fulfill({ json: { ...health, isReady: false, parts, missingMigrations: ['Newest17'] } });
      });
      await open('health', '健康状况');
      await page.getByRole('status').filter({ hasText: '未就绪' }).waitFor();
      expect(await rowsOf(page.getByRole('table', { name: '运行条件' }))).toEqual([
        ['数据库', '异常', 'The connection was refused.'],
      ]);
      await page.getByText('Newest17').waitFor();
      await visit.expectAccessible();
      await page.unrouteAll();
    });
  });

  it('are in English, dark, and fit a narrow screen, too', async () => {
    const narrow = await ConsoleVisit.open(browser!, world, node, {
      locale: 'en-GB',
      colorScheme: 'dark',
      viewport: { width: 360, height: 740 },
    });
    await narrow.approve('operator');
    await narrow.shows('Users');
    for (const name of ['Audit log', 'Statistics', 'Apps', 'Health']) {
      await narrow.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
      await narrow.shows(name);
      await narrow.page.locator('.ant-skeleton').waitFor({ state: 'detached' });
      await narrow.expectAccessible();
      expect(await narrow.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    }
    await narrow.close();
  });
});
