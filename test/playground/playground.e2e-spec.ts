import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { launchBrowser } from '../harness/browser.js';
import { TestDatabase } from '../harness/database.js';
import { Launcher } from '../harness/launcher.js';

/** What the application is told of a first login. */
const toldOfLogin = ['user.created', 'identity.linked'];

const browser: Browser | undefined = await launchBrowser();

describe.skipIf(!browser)('the playground', () => {
  let database: TestDatabase;
  let launcher: Launcher;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complained of. */
  const complaints: string[] = [];

  beforeAll(async () => {
    database = await TestDatabase.create(inject('postgresUrl'));
    launcher = await Launcher.start({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
    context = await browser!.newContext({ locale: 'zh-CN', viewport: { width: 1440, height: 900 } });
    context.setDefaultTimeout(120_000);
    page = await open();
    // Whoever starts over amid a login sees it interrupted, and what is done about that.
    await loggedIn();
  });

  afterAll(async () => {
    await browser?.close();
    await launcher?.stop();
    await database?.drop();
  });

  afterEach(() => page.unrouteAll());

  /** A new user whose phone has just logged in. */
  beforeEach(async () => {
    const startOver = page.getByRole('button', { name: '重新开始', exact: true });
    await startOver.click();
    // It is called otherwise until all of that is done.
    await startOver.waitFor();
    await shown(page.locator('.message[data-name="GET /me"]'));
    await loggedIn();
  });

  async function open(in_: BrowserContext = context): Promise<Page> {
    const opened = await in_.newPage();
    opened.on('pageerror', (error) => complaints.push(String(error)));
    opened.on('console', (message) => {
      // That the service refuses something, or is away, is what some of the tests are about.
      const isFailure = /^Failed to load resource: (the server responded with|net::ERR_FAILED)/.test(
        message.text(),
      );
      if (['error', 'warning'].includes(message.type()) && !isFailure) complaints.push(message.text());
    });
    await opened.goto(launcher.url);
    return opened;
  }

  function phone(number = 1): FrameLocator {
    return page
      .locator('iframe')
      .nth(number - 1)
      .contentFrame();
  }

  function button(name: string | RegExp, number = 1): Locator {
    return phone(number).getByRole('button', { name });
  }

  function fault(name: string): Locator {
    return page.locator(`[data-fault="${name}"]`);
  }

  /** Resolves once what goes wrong in the service, or at WeChat, has been prepared there. */
  async function prepareFault(name: string): Promise<void> {
    const prepared = page.waitForResponse(/playground\/faults/);
    await fault(name).click();
    await prepared;
  }

  /** Resolves once the service has answered, too: the next answer is that to something else. */
  async function logOut(): Promise<void> {
    await button('退出登录').click();
    await expect.poll(messages).toContain('204');
  }

  /**
   * The messages between phone, service and WeChat in the diagram, from above: a call by its name, an answer by its
   * status.
   */
  function messages(): Promise<string[]> {
    return namesOf('.message:not(.to-application)');
  }

  /** What the webhook has told the application, from above. */
  function webhookMessages(): Promise<string[]> {
    return namesOf('.message.to-application');
  }

  function namesOf(selector: string): Promise<string[]> {
    return page
      .locator(selector)
      .evaluateAll((drawn) => drawn.map((each) => each.getAttribute('data-name')!));
  }

  async function countOf(name: string): Promise<number> {
    return (await messages()).filter((each) => each === name).length;
  }

  async function shown(locator: Locator): Promise<void> {
    await locator.first().waitFor();
  }

  async function loggedIn(number = 1): Promise<void> {
    await shown(button('退出登录', number));
  }

  function card(name: 'token' | 'database'): Promise<string> {
    return page.locator(`#${name}`).innerText();
  }

  /** What stands beside a name in a card. */
  async function field(name: 'token' | 'database', term: string): Promise<string> {
    return page.locator(`#${name} dt:text-is("${term}") + dd`).first().innerText();
  }

  async function agreeToPrivacy(): Promise<void> {
    await button(/^同意$/).click();
  }

  /** Resolves once the mini-program has been drawn anew. */
  async function relaunch(): Promise<void> {
    const frame = await phone().locator('body').elementHandle();
    await page.getByRole('button', { name: '重启小程序' }).click();
    await expect.poll(() => frame?.evaluate((body) => body.isConnected).catch(() => false)).toBe(false);
  }

  it('draws the login as it happens', async () => {
    await expect
      .poll(messages)
      .toEqual([
        'wx.login',
        'wx.login',
        'POST /auth/login',
        'GET /sns/jscode2session',
        '200',
        '200',
        'GET /me',
        '200',
      ]);
    const login = page.locator('.message').nth(2);
    await login.locator('summary').press('Enter');

    await expect.poll(() => page.getByRole('status').innerText()).toContain('小程序 → 开发者服务器: GET /me');
    expect(await login.locator('dl').innerText()).toMatch(/"code": "\w{4}…"/);
  });

  it('draws what the webhook tells the application, with its data', async () => {
    await expect.poll(webhookMessages).toEqual(toldOfLogin);
    await fault('disabled').click();
    await expect.poll(webhookMessages).toEqual([...toldOfLogin, 'user.disabled']);
    await fault('disabled').click();
    await expect.poll(webhookMessages).toEqual([...toldOfLogin, 'user.disabled', 'user.enabled']);
    const message = page.locator('.message.from-service[data-name="user.disabled"]');
    await message.locator('summary').press('Enter');

    expect(await message.locator('pre').innerText()).toBe(
      JSON.stringify({ userId: await field('database', 'id') }, null, 2),
    );
    await expect
      .poll(() => page.getByRole('status').innerText())
      .toContain('开发者服务器 → 应用: user.enabled');
  });

  it('draws the deletion that a user requests', async () => {
    await expect.poll(webhookMessages).toEqual(toldOfLogin);
    await button('注销账号').click();
    await button('注销账号').click();
    await button(/^注销$/).click();

    await expect.poll(webhookMessages).toEqual([...toldOfLogin, 'user.deletion_requested']);
  });

  it('draws nothing anew that had been cleared away when one hears of it', async () => {
    await page.getByRole('button', { name: '清空' }).click();
    await phone()
      .locator('body')
      .evaluate(({ ownerDocument: { defaultView } }) => {
        const call = { type: 'call-started', phone: '1', to: 'service', carried: null };
        const before = { ...call, id: 1, at: Date.now() - 60_000, name: 'GET /before' };
        const after = { ...call, id: 2, at: Date.now(), name: 'GET /after' };
        for (const message of [before, after]) defaultView!.parent.postMessage(message, '*');
      });
    await shown(page.locator('.message[data-name="GET /after"]'));

    expect(await messages()).toEqual(['GET /after']);
  });

  it('shows the token with its clock, and the row of the same user', async () => {
    expect(await page.locator('.clock-time').innerText()).toMatch(/^1[45]:\d\d$/);
    expect(await field('token', 'client_id')).toBe('wxe000000000000001');
    await expect.poll(() => field('database', 'id')).toBe(await field('token', 'sub'));
    expect(await phone().locator('body').innerText()).toContain(await field('token', 'sub'));
  });

  it('takes a nickname, once the user has agreed to the privacy policy', async () => {
    await button('个人资料').click();
    await phone().getByRole('textbox', { name: '昵称' }).click();
    await agreeToPrivacy();
    await phone().getByRole('textbox', { name: '昵称' }).fill('小明');
    await button('保存').click();

    await expect.poll(() => field('database', 'nickname')).toBe('小明');
    expect(await messages()).toContain('POST /wxa/msg_sec_check');
  });

  it('takes an avatar', async () => {
    await button('个人资料').click();
    await button('更换头像').click();
    await agreeToPrivacy();
    await button('使用微信头像').click();

    await expect.poll(() => field('database', 'avatar_key')).toBe('（已保存）');
    await shown(phone().locator('img'));
    expect(await messages()).toContain('POST /me/avatar');
  });

  it('takes a phone number, and hides it', async () => {
    await button('个人资料').click();
    await button('绑定手机号').click();
    await agreeToPrivacy();
    await button(/^允许$/).click();

    await expect.poll(() => field('database', 'phone_sealed')).toBe('（已加密）');
    expect(await page.locator('body').innerText()).not.toMatch(/\b1\d{10}\b/);
  });

  it('lets the user refuse', async () => {
    await button('个人资料').click();
    await fault('denied').click();
    await button('绑定手机号').click();

    await shown(phone().getByText('没关系'));
    expect(await fault('denied').getAttribute('aria-pressed')).toBe('false');
    expect(await field('database', 'phone_sealed')).toBe('null');
  });

  it('lets the user refuse an avatar, before and after they agreed', async () => {
    await button('个人资料').click();
    await fault('denied').click();
    await button('更换头像').click();
    await shown(phone().getByText('没关系'));
    expect(await phone().getByRole('dialog').count()).toBe(0);
    await button('更换头像').click();
    await agreeToPrivacy();
    await button('取消').click();
    await fault('denied').click();
    await button('更换头像').click();

    await expect.poll(() => page.locator('.note').allInnerTexts()).toHaveLength(2);
    expect(await fault('denied').getAttribute('aria-pressed')).toBe('false');
    expect(await phone().getByRole('dialog').count()).toBe(0);
  });

  it('lets the user refuse a nickname, and asks again at the next tap', async () => {
    await button('个人资料').click();
    const nickname = phone().getByRole('textbox', { name: '昵称' });
    await fault('denied').click();
    await nickname.click();
    await shown(phone().getByText('没关系'));
    expect(await phone().getByRole('dialog').count()).toBe(0);
    await nickname.click();
    await agreeToPrivacy();

    await shown(button(/^使用微信昵称/));
  });

  it('hears of a switch that is turned while the mini-program is being opened', async () => {
    let letThrough = () => {};
    const isTurned = new Promise<void>((resolve) => (letThrough = resolve));
    await page.route(/playground\/phone\.js/, async (route) => {
      await isTurned;
      await route.continue();
    });
    await relaunch();
    await fault('offline').click();
    letThrough();
    await shown(page.locator('.message[data-name="GET /me"]').nth(1));
    await phone().locator('wx-page').waitFor();
    await button(/^(登录的设备|再试一次)/).click();
    await shown(phone().getByText('网络好像断开了'));

    expect(await fault('offline').getAttribute('aria-pressed')).toBe('true');
  });

  it('keeps a nickname as it was typed if it could not be saved', async () => {
    await button('个人资料').click();
    const nickname = phone().getByRole('textbox', { name: '昵称' });
    await nickname.click();
    await agreeToPrivacy();
    await nickname.fill('小明');
    await fault('offline').click();
    await button('保存').click();
    await shown(phone().getByText('网络好像断开了'));
    await fault('offline').click();

    expect(await nickname.inputValue()).toBe('小明');
  });

  it('recovers from an answer that was lost', async () => {
    await logOut();
    await page.getByRole('button', { name: '清空' }).click();
    await fault('answer_lost').click();
    await button('登录').click();
    await loggedIn();

    expect(await countOf('none')).toBe(1);
    await expect.poll(() => countOf('GET /sns/jscode2session')).toBe(1);
    expect(await fault('answer_lost').getAttribute('aria-pressed')).toBe('false');
  });

  it('recovers from a WeChat that is busy', async () => {
    await logOut();
    await page.getByRole('button', { name: '清空' }).click();
    await prepareFault('wechat_busy');
    expect(await fault('wechat_busy').getAttribute('aria-pressed')).toBe('true');
    await button('登录').click();
    await loggedIn();

    await expect.poll(() => countOf('GET /sns/jscode2session')).toBe(3);
    await expect.poll(() => fault('wechat_busy').getAttribute('aria-pressed')).toBe('false');
  });

  it('recovers from a session_key that was changed elsewhere', async () => {
    await button('个人资料').click();
    await button('同步步数').click();
    await agreeToPrivacy();
    await button(/^允许$/).click();
    await shown(phone().getByText(/^今天 \d+ 步$/));
    // The login that tells of their consent is over.
    await shown(page.locator('.message[data-name="POST /auth/logout"]'));
    await page.getByRole('button', { name: '清空' }).click();
    await prepareFault('key_rotated');
    await button('同步步数').click();
    await expect.poll(() => countOf('POST /me/open-data')).toBe(2);
    await shown(button(/^同步步数$/));

    await expect
      .poll(async () => (await messages()).filter((name) => /wx\.|open-data|login|422/.test(name)))
      .toEqual([
        'wx.getWeRunData',
        'wx.getWeRunData',
        'POST /me/open-data',
        '422',
        'wx.login',
        'wx.login',
        'POST /auth/login',
        'wx.getWeRunData',
        'wx.getWeRunData',
        'POST /me/open-data',
      ]);
    await shown(phone().getByText(/^今天 \d+ 步$/));
  });

  it('lets the user keep their steps to themselves', async () => {
    await button('个人资料').click();
    await button('同步步数').click();
    await agreeToPrivacy();
    await button('不允许').click();

    await shown(phone().getByText('没关系，不同步步数也能使用'));
    expect(await messages()).not.toContain('POST /me/open-data');
  });

  it('says that the user was kicked, and stays out until asked', async () => {
    await fault('kicked').click();
    await shown(page.locator('.note'));
    await relaunch();
    await shown(phone().getByText('你已被请下线'));
    await relaunch();
    await shown(phone().getByText('你已被请下线'));

    expect(await page.locator('#token').getAttribute('data-state')).toBe('absent');
    await button('登录').click();
    await loggedIn();
  });

  it('refreshes a token that ran out once, and repeats the request', async () => {
    await page.getByRole('button', { name: '清空' }).click();
    await fault('token_expired').click();
    await button('登录的设备').click();
    await shown(phone().getByText('本机'));

    expect((await messages()).filter((name) => /^[A-Z]/.test(name))).toEqual([
      'GET /me/sessions',
      'POST /auth/refresh',
      'GET /me/sessions',
    ]);
  });

  it('stays out after a logout', async () => {
    await button('退出登录').click();
    await shown(phone().getByText('已退出登录'));
    await relaunch();
    await shown(phone().getByText('已退出登录'));

    expect(await countOf('POST /auth/login')).toBe(1);
  });

  it('stays out after a logout if an answer comes late that was asked for before it', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route(/service\/me$/, async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    await button('登录的设备').click();
    await shown(phone().getByText('本机'));
    await button('返回').click();
    await logOut();
    letGo();
    await expect.poll(() => countOf('200')).toBe(5);

    // A moment in which the mini-program gets to read it.
    await phone()
      .locator('body')
      .evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    expect(await phone().getByText('已退出登录').count()).toBe(1);
  });

  it('deletes an account, and brings it back', async () => {
    const id = await field('token', 'sub');
    await button('注销账号').click();
    await button('注销账号').click();
    await button(/^注销$/).click();
    await shown(phone().getByText('账号正在注销'));
    await expect.poll(() => field('database', 'status')).toBe('deleting');
    await button('恢复账号').click();
    await loggedIn();

    await expect.poll(() => field('database', 'status')).toBe('active');
    expect(await field('token', 'sub')).toBe(id);
  });

  it('deletes an account whose login was long ago by logging in once more, without asking', async () => {
    const id = await field('token', 'sub');
    await database.query(
      `UPDATE sessions SET created_at = created_at - interval '1 hour' WHERE user_id = $1`,
      [id],
    );
    await fault('token_expired').click();
    await button('登录的设备').click();
    await shown(phone().getByText('本机'));
    await button('返回').click();
    await page.getByRole('button', { name: '清空' }).click();
    await button('注销账号').click();
    await button('注销账号').click();
    await button(/^注销$/).click();
    await shown(phone().getByText('账号正在注销'));

    await expect.poll(() => field('database', 'status')).toBe('deleting');
    expect((await messages()).filter((name) => /^DELETE|login$/.test(name))).toEqual([
      'DELETE /me',
      'wx.login',
      'wx.login',
      'POST /auth/login',
      'DELETE /me',
    ]);
  });

  /** A web page of the service's own origin asks to be signed in. */
  async function askToSignIn(): Promise<{ user_code: string; device_code: string }> {
    const body = new URLSearchParams({ client_id: 'console' });
    return (
      await fetch(`${launcher.url}/oauth/device_authorization`, { method: 'POST', body })
    ).json() as never;
  }

  async function askForTokens(deviceCode: string): Promise<any> {
    const body = new URLSearchParams({
      client_id: 'console',
      device_code: deviceCode,
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    });
    return (await fetch(`${launcher.url}/oauth/token`, { method: 'POST', body })).json();
  }

  it.each([
    ['signs a web page in', /确认登录/, '网页已登录', 'token_type', 'Bearer'],
    ['denies a web page', /^拒绝$/, '已拒绝', 'error', 'access_denied'],
  ])('%s by a typed code, once it has shown who asks', async (_, name, said, member, value) => {
    const { user_code: userCode, device_code: deviceCode } = await askToSignIn();
    await button('登录网页').click();
    await phone().getByLabel('登录码').fill(userCode.toLowerCase());
    await button('下一步').click();
    for (const text of ['「weapp-auth console」请求以你的身份登录', userCode, 'IPv4 127.0.0.1', /秒前/]) {
      await shown(phone().getByText(text));
    }
    await button(name).click();
    await shown(phone().getByText(said));
    expect(await askForTokens(deviceCode)).toMatchObject({ [member]: value });
  });

  it('scans the code that a web page shows, and draws the page, with the states that it is told of', async () => {
    const webPage = await context.newPage();
    await webPage.goto(`${launcher.url}/health/live`);
    await webPage.evaluate(async () => {
      const post = (path: string, form: Record<string, string>) =>
        fetch(path, { method: 'POST', body: new URLSearchParams({ client_id: 'console', ...form }) });
      const started = await post('/oauth/device_authorization', {});
      const { device_code, qr_code_uri } = (await started.json()) as Record<string, string>;
      void post('/oauth/device_authorization/events', { device_code: device_code! }).then((answer) =>
        answer.text(),
      );
      await fetch(new URL(qr_code_uri!).pathname);
    });
    await expect.poll(messages).toContain('pending');
    await page.getByRole('button', { name: '清空' }).click();
    await page.getByRole('button', { name: '扫一扫' }).click();
    await shown(phone().getByText('「weapp-auth console」请求以你的身份登录'));
    await button(/确认登录/).click();
    await shown(phone().getByText('网页已登录'));

    await expect.poll(() => namesOf('.message.to-page')).toEqual(['scanned', 'approved']);
    expect(await namesOf('.message.from-phone')).toEqual(
      expect.arrayContaining(['wx.scan', 'POST /me/scans/look', 'POST /me/scans/decide']),
    );
    expect(await page.locator('.lifeline').first().isVisible()).toBe(true);
    await webPage.close();
  });

  it('says that there is no code to scan, and links to the console, which shows one', async () => {
    await page.getByRole('button', { name: /^第二个小程序/ }).click();
    await loggedIn(2);
    await page.getByRole('button', { name: '扫一扫' }).nth(1).click();
    await shown(phone(2).getByText('没有可扫的码：先打开管理控制台'));
    await page.getByRole('button', { name: /^第二个小程序/ }).click();
    expect(await page.getByRole('link', { name: '管理控制台' }).getAttribute('href')).toBe('/console/');
  });

  it('says that a typed code is wrong', async () => {
    await button('登录网页').click();
    await phone().getByLabel('登录码').fill('BBBB-BBBB');
    await button('下一步').click();
    await shown(phone().getByText('不能登录'));
    expect(await button('输入登录码').isVisible()).toBe(true);
  });

  it('comes to the same user on a second phone, which the first can sign out', async () => {
    const id = await field('token', 'sub');
    await page.getByRole('button', { name: /^第二台手机/ }).click();
    await loggedIn(2);
    await expect.poll(() => field('token', 'sub')).toBe(id);
    await button('登录的设备').click();
    await button(/^让安卓手机下线/).click();
    await button(/^下线$/).click();
    await expect.poll(() => card('database')).toMatch(/已结束 · signed_out|已结束/);
    await button('登录的设备', 2).click();

    await shown(phone(2).getByText('已退出登录'));
  });

  it('comes to the same user through a second mini-program', async () => {
    const id = await field('token', 'sub');
    await page.getByRole('button', { name: /^第二个小程序/ }).click();
    await loggedIn(2);

    await expect.poll(() => field('token', 'client_id')).toBe('wxe000000000000002');
    expect(await field('token', 'sub')).toBe(id);
    await expect.poll(() => card('database')).toMatch(/wxe000000000000001[^]*wxe000000000000002/);
    await page.getByRole('button', { name: /^第二个小程序/ }).click();
  });

  it('lets happen to the next exchange what was prepared for it, whichever mini-program asks', async () => {
    await prepareFault('wechat_slow');
    await page.getByRole('button', { name: /^第二个小程序/ }).click();
    await loggedIn(2);

    await expect.poll(() => fault('wechat_slow').getAttribute('aria-pressed')).toBe('false');
  });

  it('starts over with all phones, those that are put away among them', async () => {
    const startOver = page.getByRole('button', { name: '重新开始', exact: true });
    const second = page.getByRole('button', { name: /^第二台手机/ });
    const before = await field('token', 'sub');
    for (const isPutAway of [false, true]) {
      await second.click();
      await loggedIn(2);
      if (isPutAway) await second.click();
      await startOver.click();
      await startOver.waitFor();
      await loggedIn();
    }
    await second.click();
    await loggedIn(2);
    expect(await field('token', 'sub')).not.toBe(before);
    await second.click();
  });

  it('says that it cannot be done while the service is away, and goes on afterwards', async () => {
    const startOver = page.getByRole('button', { name: '重新开始', exact: true });
    await page.route(/playground\/(start-over|faults)/, (route) => route.abort());
    await startOver.click();
    await fault('kicked').click();
    // Not on the whole page: what screen readers are told a second later says it again.
    await expect.poll(() => page.locator('#messages').getByText('没有成功').count()).toBe(2);
    await startOver.waitFor();
    expect(await fault('kicked').getAttribute('aria-pressed')).toBe('false');
  });

  it('shows a switch as on that could not be turned off', async () => {
    await prepareFault('wechat_busy');
    await page.route(/playground\/faults/, (route) => route.abort());
    await fault('wechat_busy').click();
    await shown(page.locator('#messages').getByText('没有成功'));

    expect(await fault('wechat_busy').getAttribute('aria-pressed')).toBe('true');
  });

  it('disables the user, and says so', async () => {
    await fault('disabled').click();
    await expect.poll(() => field('database', 'status')).toBe('disabled');
    await relaunch();
    await shown(phone().getByText('账号已停用'));
    await button('再试一次').click();
    await shown(phone().getByText(/原因：演示停用一分钟。.* 之后可以重新登录/));
    await fault('disabled').click();
    await expect.poll(() => field('database', 'status')).toBe('active');
    await shown(page.getByText('恢复使用'));
    await button('再试一次').click();
    await loggedIn();
  });

  it.each(['active', 'deleting'])('starts over with a user who was disabled while %s', async (status) => {
    if (status === 'deleting') {
      await button('注销账号').click();
      await button('注销账号').click();
      await button(/^注销$/).click();
    }
    await expect.poll(() => field('database', 'status')).toBe(status);
    await fault('disabled').click();
    await expect.poll(() => field('database', 'status')).toBe('disabled');
    await page.getByRole('button', { name: '重新开始', exact: true }).click();

    await loggedIn();
    await expect.poll(() => field('database', 'status')).toBe('active');
  });

  describe('by the keyboard alone', () => {
    it('changes a nickname on the phone', async () => {
      await page.locator('#language').focus();
      await pressTabUntil(button('个人资料'));
      await page.keyboard.press('Enter');
      await shown(button('更换头像'));
      const nickname = phone().getByRole('textbox', { name: '昵称' });
      await pressTabUntil(button('更换头像'));
      await page.keyboard.press('Tab');
      await shown(button(/^同意$/));
      await pressTabUntil(button(/^同意$/));
      await page.keyboard.press('Enter');
      await expect.poll(() => hasFocus(nickname)).toBe(true);
      await page.keyboard.type('小红');
      await pressTabUntil(button('保存'));
      await page.keyboard.press('Enter');

      await expect.poll(() => field('database', 'nickname')).toBe('小红');
    });

    it('refuses the privacy policy, and goes on past the nickname', async () => {
      await button('个人资料').click();
      const nickname = phone().getByRole('textbox', { name: '昵称' });
      await button('更换头像').focus();
      await page.keyboard.press('Tab');
      await shown(button(/^不同意$/));
      await pressTabUntil(button(/^同意$/));
      await page.keyboard.press('Tab');
      expect(await hasFocus(phone().getByRole('link'))).toBe(true);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await shown(phone().getByText('没关系'));
      expect(await hasFocus(nickname)).toBe(true);
      await page.keyboard.press('Tab');
      expect(await hasFocus(button('保存'))).toBe(true);
      await page.keyboard.press('Shift+Tab');
      expect(await phone().getByRole('dialog').count()).toBe(0);

      await page.keyboard.type('小');
      await shown(phone().getByRole('dialog'));
      await page.keyboard.press('Escape');
      await expect.poll(() => hasFocus(nickname)).toBe(true);
      expect(await nickname.inputValue()).toBe('');
      await pressTabUntil(button('绑定手机号'));
    });

    it('leaves the phone, turns switches and reads the messages', async () => {
      await button('个人资料').focus();
      await pressTabUntil(page.locator('.message summary').first());
      await page.keyboard.press('Enter');
      await shown(page.locator('.message dl'));
      await pressTabUntil(fault('offline'));
      await page.keyboard.press('Space');
      expect(await fault('offline').getAttribute('aria-pressed')).toBe('true');
      await page.keyboard.press('Space');
      expect(await fault('offline').getAttribute('aria-pressed')).toBe('false');
      await pressTabUntil(page.getByRole('button', { name: '重启小程序' }), 'Shift+Tab');
      await page.keyboard.press('Enter');
      await expect.poll(() => countOf('GET /me')).toBe(2);
    });

    function hasFocus(target: Locator): Promise<boolean> {
      return target.evaluate(
        (element) => element.ownerDocument.hasFocus() && element === element.ownerDocument.activeElement,
      );
    }

    async function pressTabUntil(target: Locator, key = 'Tab'): Promise<void> {
      for (let presses = 0; presses < 80; presses += 1) {
        if (await hasFocus(target)) return;
        await page.keyboard.press(key);
      }
      expect.unreachable(`${key} does not lead there`);
    }
  });

  it('shows where it is, and what it is about, before anybody scrolls', async () => {
    const laptop = await browser!.newContext({ locale: 'en-US', viewport: { width: 1280, height: 720 } });
    const opened = await open(laptop);
    await opened.locator('iframe').contentFrame().getByRole('button', { name: '退出登录' }).waitFor();

    expect(await opened.evaluate('scrollY')).toBe(0);
    await laptop.close();
  });

  it('fits a phone, in English', async () => {
    const narrow = await browser!.newContext({ locale: 'en-US', viewport: { width: 360, height: 780 } });
    const small = await open(narrow);
    await small.locator('iframe').contentFrame().getByRole('button', { name: '退出登录' }).waitFor();

    expect(await small.locator('html').getAttribute('lang')).toBe('en');
    await shown(small.getByRole('heading', { name: 'Sequence' }));
    expect(await small.locator('html').evaluate((html) => html.scrollWidth)).toBe(360);
    await small.getByRole('button', { name: '中文' }).click();
    await shown(small.getByRole('heading', { name: '时序' }));
    expect(await small.locator('html').getAttribute('lang')).toBe('zh-CN');
    await narrow.close();
  });

  it('names all that can be operated, and nothing secret', async () => {
    const nameless = await page
      .locator('button, a, summary, iframe, [tabindex="0"]')
      .evaluateAll((all) =>
        all.filter(
          (each) => !(each.textContent || each.getAttribute('title') || each.ariaLabel || '').trim(),
        ),
      );

    expect(nameless).toEqual([]);
    const text = await page.locator('body').innerText();
    const stored = await page.evaluate<string>('JSON.stringify({ ...localStorage })');
    const secrets = [...stored.matchAll(/[\w-]{40,}/g)].map(([secret]) => secret);
    expect(secrets.length).toBeGreaterThan(1);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it('makes the browser complain of nothing', () => {
    expect(complaints).toEqual([]);
  });
});
