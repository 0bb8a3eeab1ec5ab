import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import { launchBrowser } from '../harness/browser.js';
import { ConsoleVisit } from '../harness/console.js';
import type { ServiceNode } from '../harness/node.js';
import { useWorld } from '../harness/world.js';

const browser: Browser | undefined = await launchBrowser();

describe.skipIf(!browser)('the session of a tab of the console', () => {
  const world = useWorld();
  let node: ServiceNode;
  let admin: Admin;
  let visit: ConsoleVisit;

  beforeAll(async () => {
    node = await world.startNode({ CONSOLE: 'true' });
    admin = await world.createAdmin(node);
  });

  beforeEach(async () => {
    const { id } = (await world.login(node, 'boss')).body.user;
    await world.database.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [id]);
    visit = await ConsoleVisit.open(browser!, world, node, { locale: 'en', path: 'apps' });
    await visit.approve('boss');
    await visit.shows('Apps');
  });

  afterEach(() => visit.close());
  afterAll(() => browser?.close());

  it('is not that of a duplicate of the tab, which would use up its tokens', async () => {
    const { page } = visit;
    const opened = page.context().waitForEvent('page');
    // With an opener, the new tab gets a copy of sessionStorage, as a duplicate does.
    await page.evaluate('window.open(location.href)');
    const duplicate = await opened;
    await duplicate.getByRole('heading', { level: 1, name: 'Sign in to the console' }).waitFor();
    await duplicate.close();
    await page.reload();
    await visit.shows('Apps');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('goes on after another page was open in the tab', async () => {
    const { page } = visit;
    await page.goto('about:blank');
    await page.goBack();
    await visit.shows('Apps');
    await page.getByRole('link', { name: 'Users', exact: true }).click();
    await page.getByRole('table').waitFor();
    await page.reload();
    await visit.shows('Users');
    expect(page.url()).toBe(`${node.url}/console/users`);
  });

  it('shows the page for others once the user is no admin any more', async () => {
    const { page } = visit;
    const [boss] = await world.database.query<{ id: string }>(
      `SELECT id FROM users WHERE 'admin' = ANY (roles) AND id <> $1`,
      [admin.id],
    );
    await admin.callUsers('PATCH', boss!.id, { roles: [] });
    await page.getByRole('link', { name: 'Audit log' }).click();
    await visit.shows('You are not an admin yet');
    await visit.expectAccessible();
    expect(await page.getByRole('navigation').count()).toBe(0);
  });

  it('has the title of its page in each language', async () => {
    const { page } = visit;
    expect(await page.title()).toBe('Apps · weapp-auth console');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('中文');
    await visit.shows('应用');
    expect(await page.title()).toBe('应用 · weapp-auth 控制台');
  });
});
