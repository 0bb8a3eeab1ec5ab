import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../harness/browser.js';
import { ConsoleVisit } from '../harness/console.js';
import type { ServiceNode } from '../harness/node.js';
import { ScanningPhone } from '../harness/scans.js';
import { useWorld } from '../harness/world.js';

const browser: Browser | undefined = await launchBrowser();

describe.skipIf(!browser)('signing in to the console', () => {
  const world = useWorld();
  let node: ServiceNode;
  let visit: ConsoleVisit;

  beforeAll(async () => {
    node = await world.startNode({ CONSOLE: 'true' });
    await world.createAdmin(node);
  });

  afterEach(() => visit.close());
  afterAll(() => browser?.close());

  it('says what happens to the code, and puts nothing secret into the URL', async () => {
    visit = await ConsoleVisit.open(browser!, world, node);
    const { page } = visit;
    await page.getByRole('status').filter({ hasText: '等待扫码' }).waitFor();
    const image = page.getByRole('img', { name: '小程序码' });
    await expect.poll(() => image.evaluate((element: any) => element.naturalWidth)).toBeGreaterThan(0);
    await visit.expectAccessible();

    const userCode = await visit.readUserCode();
    const phone = await ScanningPhone.signIn(world, node, 'operator');
    await node.as(phone.accessToken, 'PATCH', '/me', { nickname: '王五' });
    const { body } = await phone.look({ userCode });
    expect(body).toMatchObject({ userCode, clientName: expect.any(String) });
    await page.getByRole('status').filter({ hasText: '王五已扫码，请在手机上确认' }).waitFor();
    await visit.expectAccessible();

    await phone.decide({ userCode }, true);
    await visit.shows('用户');
    expect(page.url()).toBe(`${node.url}/console/users`);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('token');
  });

  it('stays signed in after a reload, and no longer once it has signed out', async () => {
    visit = await ConsoleVisit.open(browser!, world, node, { path: 'users?status=active' });
    const { page } = visit;
    const phone = await visit.approve('operator');
    await visit.shows('用户');
    expect(page.url(), 'what was opened is shown after the sign-in').toContain('?status=active');
    await page.reload();
    await visit.shows('用户');

    await page.getByRole('button', { name: '退出登录' }).click();
    await page.getByText('已退出登录。').waitFor();
    await page.reload();
    await visit.shows('登录控制台');
    const sessions = await node.as(phone.accessToken, 'GET', '/me/sessions');
    expect(sessions.body.filter(({ clientId }: any) => clientId === 'console')).toEqual(
      // The session of the test before.
      [expect.anything()],
    );
  });

  it('shows another code if the code was denied, or has expired', async () => {
    visit = await ConsoleVisit.open(browser!, world, node, { locale: 'en-GB' });
    const { page } = visit;
    const userCode = await visit.readUserCode();
    const phone = await ScanningPhone.signIn(world, node, 'operator');
    await phone.look({ userCode });
    await phone.decide({ userCode }, false);
    await page.getByText('You have denied it on your phone.').waitFor();
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Show a new code' }).click();
    await page.getByText('Waiting for a scan').waitFor();

    await world.database.query(`UPDATE scans SET expires_at = now() WHERE decided_at IS NULL`);
    await page.getByText('The code has expired.').waitFor();
    await page.getByRole('button', { name: 'Show a new code' }).press('Enter');
    await visit.approve('operator');
    await visit.shows('Users');
  });

  it('shows the user code and what to do if WeChat gives no picture', async () => {
    await world.fault({ path: '/wxa/getwxacodeunlimit', errcode: 41030, times: 5 });
    visit = await ConsoleVisit.open(browser!, world, node, { locale: 'en' });
    await visit.page.getByText('The picture of the code is missing.').waitFor();
    await visit.expectAccessible();
    await visit.approve('operator');
    await visit.shows('Users');
  });

  it('tells who is not an admin how to become one', async () => {
    visit = await ConsoleVisit.open(browser!, world, node, { locale: 'en', colorScheme: 'dark' });
    const { page } = visit;
    const { userId } = await visit.approve('anna');
    await visit.shows('You are not an admin yet');
    await page.getByText(`npm run admin:grant -- --user ${userId}`).waitFor();
    await visit.expectAccessible();
    await world.database.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [userId]);
    await page.getByRole('button', { name: 'Check again' }).click();
    await visit.shows('Users');
  });

  it('says so if the session was ended elsewhere', async () => {
    visit = await ConsoleVisit.open(browser!, world, node);
    const { page } = visit;
    const phone = await visit.approve('operator');
    await visit.shows('用户');
    await node.as(phone.accessToken, 'POST', '/auth/logout/all');
    await page.getByRole('searchbox', { name: '搜索用户' }).fill('somebody');
    await page.getByRole('searchbox', { name: '搜索用户' }).press('Enter');
    await visit.shows('登录控制台');
    await page.getByText('已退出登录。').waitFor();
  });

  it('remembers the language and the theme', async () => {
    visit = await ConsoleVisit.open(browser!, world, node, { locale: 'fr-FR' });
    const { page } = visit;
    await visit.shows('Sign in to the console');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('中文');
    await visit.shows('登录控制台');
    await page.getByRole('combobox', { name: '主题' }).selectOption('深色');
    await page.reload();
    await visit.shows('登录控制台');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.getByText('等待扫码').waitFor();
    expect(await page.evaluate('getComputedStyle(document.body).colorScheme')).toBe('dark');
    await visit.expectAccessible();
  });
});
