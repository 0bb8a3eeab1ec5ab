import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import { launchBrowser } from '../harness/browser.js';
import { ConsoleVisit } from '../harness/console.js';
import type { ServiceNode } from '../harness/node.js';
import { alone, tea, useWorld } from '../harness/world.js';

const browser: Browser | undefined = await launchBrowser();

describe.skipIf(!browser)('users in the console', () => {
  const world = useWorld();
  let node: ServiceNode;
  let visit: ConsoleVisit;
  let page: Page;
  let admin: Admin;

  /** One browser with one sign-in: each test opens the page that it is about. */
  beforeAll(async () => {
    node = await world.startNode({ CONSOLE: 'true' });
    admin = await world.createAdmin(node);
    visit = await ConsoleVisit.open(browser!, world, node);
    page = visit.page;
    await visit.approve('operator');
    await visit.shows('用户');
  });

  beforeEach(() => speak('中文'));

  afterEach(async () => {
    // Some tests let the login of the admin grow old.
    await world.database.query(
      `UPDATE sessions SET created_at = now() WHERE created_at < now() - interval '10 minutes'`,
    );
    await page.unrouteAll();
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  afterAll(async () => {
    await visit.close();
    await browser?.close();
  });

  async function speak(language: '中文' | 'English'): Promise<void> {
    await page.getByRole('combobox', { name: /^(语言|Language)$/ }).selectOption(language);
  }

  /** Users of a mini-program with these nicknames, the last one the newest. */
  async function createUsers(nicknames: string[], appid: string = tea.appid): Promise<any[]> {
    const users = [];
    for (const nickname of nicknames) {
      const { body } = await world.login(node, nickname, appid);
      await node.as(body.accessToken, 'PATCH', '/me', { nickname });
      users.push(body.user);
    }
    return users;
  }

  const open = async (path: string) => page.goto(`${node.url}/console/${path}`);
  const row = (nickname: string) => page.getByRole('row').filter({ hasText: nickname });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const query = () => new URL(page.url()).search;

  describe('in the table', () => {
    it('are found by a text that is in no URL, and are there still after a look at one', async () => {
      const [anna] = await createUsers(['安娜', '伯特']);
      await open('users');
      await row('伯特').waitFor();
      const search = page.getByRole('searchbox', { name: '搜索用户' });
      await search.fill('安娜');
      await button('搜索').click();
      await row('伯特').waitFor({ state: 'detached' });
      expect(page.url()).toBe(`${node.url}/console/users`);

      await page.getByRole('link', { name: '安娜' }).click();
      await visit.shows('安娜');
      expect(page.url()).toBe(`${node.url}/console/users/${anna.id}`);
      await page.goBack();
      await row('安娜').waitFor();
      expect(await search.inputValue()).toBe('安娜');
      expect(await row('伯特').count()).toBe(0);
      await button('清除条件').click();
      await row('伯特').waitFor();
    });

    it('are filtered by a URL that can be shared', async () => {
      await createUsers(['多拉']);
      const [carl] = await createUsers(['卡尔'], alone.appid);
      await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [carl.id]);
      await open('users');
      await row('多拉').waitFor();
      await choose('状态', '已封禁');
      await row('多拉').waitFor({ state: 'detached' });
      await choose('小程序', alone.appid);
      await choose('手机号', '无手机号');
      await choose('排序', '最早注册');
      expect(query()).toBe(`?status=disabled&app=${alone.appid}&phone=no&sort=createdAt`);
      await page.reload();
      await row('卡尔').waitFor();
      await visit.expectAccessible();

      await choose('手机号', '有手机号');
      await page.getByText('没有符合条件的用户').waitFor();
      await visit.expectAccessible();
      await page.goBack();
      await row('卡尔').waitFor();
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
      await page.getByLabel('注册时间从').fill(tomorrow);
      await page.getByText('没有符合条件的用户').waitFor();
      expect(query()).toContain(`from=${tomorrow}`);
    });

    it('have the columns that one chooses', async () => {
      const [anna] = await createUsers(['艾玛']);
      await open('users');
      await button('显示列').click();
      await page.getByRole('checkbox', { name: '用户 ID' }).check();
      await page.getByRole('checkbox', { name: '角色' }).uncheck();
      await row('艾玛').getByText(anna.id).waitFor();
      await visit.expectAccessible();
      expect(await page.getByRole('columnheader', { name: '角色' }).count()).toBe(0);
      await page.reload();
      await row('艾玛').getByText(anna.id).waitFor();
    });

    it('come in pages, forwards and back', async () => {
      await world.database.query(
        `INSERT INTO users (id, nickname, created_at)
         SELECT gen_random_uuid(), 'user ' || i, now() - i * interval '1 minute' FROM generate_series(1, 120) AS i`,
      );
      await open('users');
      await page.getByText('user 1', { exact: true }).waitFor();
      await button('下一页').click();
      await page.getByText('user 60', { exact: true }).waitFor();
      await page.reload();
      await page.getByText('user 60', { exact: true }).waitFor();
      await button('下一页').click();
      await page.getByText('user 110', { exact: true }).waitFor();
      expect(await button('下一页').isDisabled()).toBe(true);
      await button('上一页').click();
      await page.getByText('user 60', { exact: true }).waitFor();
      await button('第一页').click();
      await page.getByText('user 1', { exact: true }).waitFor();
      expect(query()).toBe('');
    });

    it('are asked for again if the service was away', async () => {
      await createUsers(['菲利']);
      const problem = {
        code: 'search_too_broad',
        status: 422,
        detail: 'Add a filter.',
        requestId: 'request-1',
      };
      await page.route('**/admin/users/search', (route) =>
        route.fulfill({
          status: 422,
          contentType: 'application/problem+json',
          body: JSON.stringify(problem),
        }),
      );
      await open('users');
      await page.getByRole('alert').filter({ hasText: '搜索范围太大' }).waitFor();
      await page.getByText('request-1').waitFor();
      await visit.expectAccessible();
      await page.unrouteAll();
      await button('重试').click();
      await row('菲利').waitFor();
    });

    it('fit a phone, in English and in the dark, too', async () => {
      await createUsers(['Anna']);
      await page.setViewportSize({ width: 360, height: 740 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await speak('English');
      await open('users');
      await row('Anna').waitFor();
      await visit.expectAccessible();
      expect(await page.evaluate('document.documentElement.scrollWidth'), 'the page itself').toBe(360);
      await page.getByRole('link', { name: 'Anna' }).click();
      await page.getByRole('heading', { level: 2, name: 'Active sessions' }).waitFor();
      await visit.expectAccessible();
      expect(await page.evaluate('document.documentElement.scrollWidth'), 'the page itself').toBe(360);
      await page.emulateMedia({ colorScheme: 'light' });
    });
  });

  describe('on a page of their own', () => {
    it('show what is known of them', async () => {
      const [user] = await createUsers(['格蕾'], alone.appid);
      await open(`users/${user.id}`);
      await visit.shows('格蕾');
      await page.getByRole('table', { name: '小程序身份' }).getByText(alone.appid).waitFor();
      await page.getByRole('table', { name: '有效会话' }).getByText('127.0.0.1').waitFor();
      await visit.expectAccessible();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.getByRole('button', { name: '复制 openid' }).click();
      await page.getByRole('button', { name: '已复制' }).waitFor();
      const openid = await page.evaluate('navigator.clipboard.readText()');
      const [identity] = await world.database.query<{ openid: string }>(
        'SELECT openid FROM identities WHERE user_id = $1',
        [user.id],
      );
      expect(openid).toBe(identity!.openid);
    });

    it('are disabled with a reason and an end, and enabled again', async () => {
      const [user] = await createUsers(['亨利']);
      await open(`users/${user.id}`);
      await button('封禁').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('所有会话会立即结束').waitFor();
      await visit.expectAccessible();
      await dialog.getByLabel('原因').fill('发布广告');
      await dialog.getByLabel('封禁至').fill('2099-01-31T08:00');
      await dialog.getByRole('button', { name: '封禁' }).click();
      await outcome('已封禁至 2099-01-31 08:00。结束了 1 个会话。');
      await page.getByText('发布广告').waitFor();
      await page.getByText('没有有效会话').waitFor();
      await visit.expectAccessible();
      const refused = await world.login(node, '亨利');
      expect(refused.body).toMatchObject({
        code: 'account_disabled',
        reason: '发布广告',
        until: new Date(2099, 0, 31, 8).toISOString(),
      });

      await button('修改封禁').click();
      expect(await dialog.getByLabel('原因').inputValue()).toBe('发布广告');
      await dialog.getByLabel('封禁至').fill('');
      await dialog.getByRole('button', { name: '保存' }).click();
      await outcome('已封禁，没有期限');

      await button('解除封禁').click();
      await dialog.getByRole('button', { name: '解除封禁' }).click();
      await outcome('已解除封禁。');
      expect((await world.login(node, '亨利')).status).toBe(200);
    });

    it('lose their sessions', async () => {
      const [user] = await createUsers(['艾达']);
      await open(`users/${user.id}`);
      await button('结束全部会话').click();
      await page.getByRole('dialog').getByText('将结束 1 个有效会话').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: '结束全部会话' }).click();
      await outcome('当前有效会话 0 个');
      expect(await world.auditedActions(user.id)).toContain('user.kicked');
      await page.getByRole('region', { name: '最近的审计记录' }).getByText('结束全部会话').waitFor();
    });

    it('get roles, but none that is no name', async () => {
      const [user] = await createUsers(['杰克']);
      await open(`users/${user.id}`);
      await button('角色').click();
      const dialog = page.getByRole('dialog');
      const roles = dialog.getByRole('combobox', { name: '角色' });
      await roles.fill('Editor');
      await roles.press('Enter');
      await dialog.getByRole('alert').filter({ hasText: '角色名以小写字母开头' }).waitFor();
      await visit.expectAccessible();
      expect(await dialog.getByRole('button', { name: '保存' }).isDisabled()).toBe(true);
      // Ant Design takes no Backspace for a quarter of a second after something was typed.
      await expect
        .poll(async () => {
          await roles.press('Backspace');
          return dialog.getByRole('alert').count();
        })
        .toBe(0);
      await roles.fill('editor');
      await roles.press('Enter');
      await roles.press('Tab');
      await dialog.getByRole('button', { name: '保存' }).click();
      await outcome('现在的角色：editor');
      expect(await rolesOf(user.id)).toEqual(['editor']);
    });

    it('are not changed if the service refuses it', async () => {
      await world.database.query(`UPDATE users SET roles = '{}' WHERE id <> $1`, [admin.id]);
      await open(`users/${admin.id}`);
      await button('封禁').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: '封禁' }).click();
      await dialog.getByRole('alert').filter({ hasText: '操作未执行' }).waitFor();
      await dialog.getByText('This is the last admin').waitFor();
      await visit.expectAccessible();
      await dialog.getByRole('button', { name: '取消' }).click();
      await dialog.waitFor({ state: 'detached' });
    });

    it('are merged into the one that is chosen', async () => {
      const [goes] = await createUsers(['老凯特'], alone.appid);
      const [stays] = await createUsers(['新凯特']);
      await open(`users/${goes.id}`);
      await button('合并').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('searchbox', { name: '另一个用户' }).fill('新凯特');
      await dialog.getByRole('button', { name: '查找' }).click();
      await dialog.getByRole('button', { name: '选择 新凯特' }).click();
      const comparison = dialog.getByRole('table', { name: '两个用户的对比' });
      await comparison.getByText('老凯特').waitFor();
      await comparison.getByText('新凯特').waitFor();
      expect(await dialog.getByRole('button', { name: '合并', exact: true }).isDisabled()).toBe(true);
      await dialog.getByRole('radio', { name: '另一个用户' }).check();
      await dialog.getByText('合并无法撤销').waitFor();
      await visit.expectAccessible();
      await dialog.getByRole('button', { name: '合并', exact: true }).click();
      await outcome(`${goes.id} 已合并到 ${stays.id}。`);
      await visit.shows('新凯特');
      expect(page.url()).toBe(`${node.url}/console/users/${stays.id}`);
      await page.getByRole('table', { name: '小程序身份' }).getByText(alone.appid).waitFor();

      await open(`users/${goes.id}`);
      await page.getByText(`用户 ${goes.id} 已合并到此用户。`).waitFor();
    });

    it('are erased once their id was typed', async () => {
      const [user] = await createUsers(['莱昂']);
      await open(`users/${user.id}`);
      await button('清除数据').click();
      const dialog = page.getByRole('dialog');
      const erase = dialog.getByRole('button', { name: '清除数据' });
      await dialog.getByLabel('请输入用户 ID').fill(user.id.slice(0, -1));
      expect(await erase.isDisabled()).toBe(true);
      await dialog.getByLabel('请输入用户 ID').fill(user.id);
      await erase.click();
      await outcome('数据已清除');
      await page.getByText('该用户的数据已清除').waitFor();
      await visit.expectAccessible();
      expect(await page.getByText('莱昂').count()).toBe(0);
      const [erased] = await world.database.query<{ nickname: string | null }>(
        'SELECT nickname FROM users WHERE id = $1',
        [user.id],
      );
      expect(erased!.nickname).toBeNull();
    });

    it('say so if there is no such user', async () => {
      await open('users/0190a0a0-0000-7000-8000-000000000000');
      await page.getByRole('alert').filter({ hasText: '没有找到' }).waitFor();
      await visit.expectAccessible();
      await open('no-such-page');
      await visit.shows('没有这个页面');
      await page.getByRole('link', { name: '返回首页' }).click();
      await visit.shows('用户');
    });

    it('are changed after another scan by the same account if the login is too old', async () => {
      const [user] = await createUsers(['米娅']);
      await world.database.query(
        `UPDATE sessions SET created_at = created_at - interval '16 minutes' WHERE user_id = $1`,
        [admin.id],
      );
      await open(`users/${user.id}`);
      await button('封禁').click();
      await page.getByRole('dialog').getByRole('button', { name: '封禁' }).click();
      const scan = page.getByRole('dialog', { name: '请再扫一次码' });
      await scan.getByText('等待扫码').waitFor();
      await visit.expectAccessible();

      await visit.approve('stranger');
      await scan.getByText('扫码的是另一个账号').waitFor();
      expect(await statusOf(user.id)).toBe('active');
      await scan.getByText('等待扫码').waitFor();
      await visit.approve('operator');
      await outcome('已封禁');
      await scan.waitFor({ state: 'detached' });
      expect(await statusOf(user.id)).toBe('disabled');
      const sessions = await world.database.query(
        `SELECT FROM sessions WHERE client_id = 'console' AND ended_at IS NULL`,
      );
      expect(sessions, 'the old session and that of the other account have ended').toHaveLength(1);
    });

    it('stay as they are if that scan is cancelled', async () => {
      const [user] = await createUsers(['诺亚']);
      await world.database.query(
        `UPDATE sessions SET created_at = created_at - interval '16 minutes' WHERE user_id = $1`,
        [admin.id],
      );
      await open(`users/${user.id}`);
      await button('结束全部会话').click();
      const dialog = page.getByRole('dialog', { name: '结束诺亚的全部会话' });
      await dialog.getByRole('button', { name: '结束全部会话' }).click();
      await page.getByRole('dialog', { name: '请再扫一次码' }).getByRole('button', { name: '取消' }).click();
      await dialog.getByText('没有执行任何更改').waitFor();
      expect(await world.auditedActions(user.id)).not.toContain('user.kicked');
    });
  });

  it('are found, looked at and disabled by the keyboard alone, in English', async () => {
    const [user] = await createUsers(['Olga']);
    await speak('English');
    await open('users');
    await row('Olga').waitFor();
    await focus('Search users');
    await page.keyboard.type('Olga');
    await page.keyboard.press('Enter');
    await page.getByText('1 user', { exact: true }).waitFor();
    await focus('Olga');
    await page.keyboard.press('Enter');
    await visit.shows('Olga');
    expect(await focused(), 'a screen reader says where one is').toBe('Olga');
    await focus('Disable');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Disable Olga' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused(), 'the focus is back where it was').toBe('Disable');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // Ant Design moves the focus into the dialog once it has appeared.
    await expect
      .poll(() => page.evaluate(`document.activeElement.closest('[role="dialog"]') !== null`))
      .toBe(true);
    await focus('Reason (optional)');
    await page.keyboard.type('Spam');
    expect(await page.getByLabel('Reason (optional)').inputValue()).toBe('Spam');
    await page.keyboard.press('Enter');
    await outcome('Disabled without an end.');
    expect(await statusOf(user.id)).toBe('disabled');
  });

  /** What the service did, as the console says. */
  async function outcome(text: string): Promise<void> {
    await page.getByRole('status').filter({ hasText: text }).waitFor();
  }

  /** Presses Tab until what has this name has the focus. */
  async function focus(name: string): Promise<void> {
    for (let presses = 0; (await focused()) !== name; presses += 1) {
      expect(presses, `${name} is reached by Tab`).toBeLessThan(60);
      await page.keyboard.press('Tab');
    }
  }

  /** The name of what has the focus. */
  function focused(): Promise<string> {
    return page.evaluate(
      `(({ ariaLabel, labels, innerText }) => ariaLabel ?? labels?.[0]?.innerText ?? innerText.split('\\n').at(-1))(document.activeElement)`,
    );
  }

  async function statusOf(id: string): Promise<string> {
    const [user] = await world.database.query<{ status: string }>('SELECT status FROM users WHERE id = $1', [
      id,
    ]);
    return user!.status;
  }

  async function rolesOf(id: string): Promise<string[]> {
    const [user] = await world.database.query<{ roles: string[] }>('SELECT roles FROM users WHERE id = $1', [
      id,
    ]);
    return user!.roles;
  }

  /** Chooses a value of a list of Ant Design. */
  async function choose(list: string, option: string): Promise<void> {
    await page.getByRole('combobox', { name: list, exact: true }).click();
    await page.locator('.ant-select-dropdown:visible').getByTitle(option, { exact: true }).click();
  }
});
