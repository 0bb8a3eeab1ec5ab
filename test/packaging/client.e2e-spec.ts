import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Auth, type AuthOptions, createAuth, type User, type Wechat } from '../../client/src/index.js';
import type { ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

describe('the client SDK and the service', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode({ ACCESS_TOKEN_TTL: '5' });
  });
  afterEach(() => void vi.useRealTimers());

  /** The phone of a user: wx.login asks the emulator, wx.request the service. */
  function phoneOf(user: string) {
    const phone = { codes: 0, sent: [] as string[], losesAnswerOf: '', auth: undefined as unknown as Auth };
    const stored = new Map<string, unknown>();
    const files = new Map<string, Buffer>();
    const wx: Wechat = {
      login: ({ success, fail }) => {
        phone.codes += 1;
        world.code(user).then(
          (code) => success!({ code }),
          () => fail!({ errMsg: 'login:fail' }),
        );
      },
      request: ({ url, method = 'GET', header, data, success, fail }) => {
        const path = new URL(url).pathname;
        phone.sent.push(`${method} ${path}`);
        const asked = fetch(url, {
          method,
          // What wx.request sends, even without a body.
          headers: { 'content-type': 'application/json', ...header },
          ...(data !== undefined && { body: JSON.stringify(data) }),
        });
        const answered = asked.then(async (response) => {
          const text = await response.text();
          node.answers.push(text);
          if (phone.losesAnswerOf === path) {
            phone.losesAnswerOf = '';
            throw new Error('request:fail interrupted');
          }
          return {
            statusCode: response.status,
            data: text.startsWith('{') ? JSON.parse(text) : text,
            header: Object.fromEntries(response.headers),
          };
        });
        answered.then(success, ({ message }: Error) => fail!({ errMsg: message }));
      },
      uploadFile: ({ url, name, header, filePath, success, fail }) => {
        phone.sent.push(`POST ${new URL(url).pathname}`);
        const body = new FormData();
        body.append(name, new Blob([new Uint8Array(files.get(filePath)!)]), 'picture');
        fetch(url, { method: 'POST', headers: header, body })
          .then(async (response) => success({ statusCode: response.status, data: await response.text() }))
          .catch(({ message }: Error) => fail!({ errMsg: message }));
      },
      getStorage: ({ key, success }) => success!({ data: stored.get(key) }),
      setStorage: ({ key, data, success }) => {
        stored.set(key, data);
        success!({ errMsg: 'setStorage:ok' });
      },
    };
    const launch = (options: Partial<AuthOptions> = {}) =>
      (phone.auth = createAuth({ baseUrl: node.url, appid: tea.appid, wx, ...options }));
    launch();
    return Object.assign(phone, { launch, wx, files });
  }

  /** The `auth.js` of a guide, as it stands there but for addresses. */
  function authOfGuide(guide: string, wx: Wechat): Auth {
    const text = readFileSync(join(import.meta.dirname, '../../docs', guide), 'utf8');
    const code = [...text.matchAll(/```js\n(.*?)```/gs)].find(([, block]) =>
      block!.includes('emulatedLogin'),
    );
    const here = code![1]!
      .replace('http://127.0.0.1:3001', world.emulator.url)
      .replace('http://127.0.0.1:3000', node.url)
      .replaceAll('wxe000000000000001', tea.appid);
    const module = { exports: undefined as unknown as Auth };
    compileFunction(here, ['require', 'module', 'wx'])(() => ({ createAuth }), module, wx);
    return module.exports;
  }

  async function tokenOf(auth: Auth): Promise<string> {
    const token = (await auth.token())!;
    node.tokens.add(token);
    return token;
  }

  /** Sets the phone's clock back to the login. Only now: polling moves a faked clock. */
  async function letTokenExpireUnnoticed(auth: Auth): Promise<void> {
    const token = await tokenOf(auth);
    const now = Date.now();
    await expect.poll(async () => (await node.me(token)).body.code).toBe('token_expired');
    vi.useFakeTimers({ toFake: ['Date'], now });
  }

  /** What a button or a call of WeChat's gives on the phone. */
  const wechat = (call: string, user: string) =>
    world.control('POST', `/wx/${call}`, { appid: tea.appid, user });

  it('log a user in at the first request, once', async () => {
    const { auth, sent } = phoneOf('anna');
    const answers = await Promise.all([1, 2, 3].map(() => auth.request({ url: '/me' })));
    expect(answers).toMatchObject([1, 2, 3].map(() => ({ statusCode: 200, data: auth.user })));
    expect(sent).toEqual(['POST /auth/login', 'GET /me', 'GET /me', 'GET /me']);
  });

  it.each(['guides/mini-program.md', 'zh/guides/mini-program.md'])(
    'meet as %s has it, without an appid',
    async (guide) => {
      const { wx, codes } = phoneOf('nobody');
      const auth = authOfGuide(guide, wx);
      await expect(auth.request({ url: '/me' })).resolves.toMatchObject({ statusCode: 200 });
      expect(codes).toBe(0);
    },
  );

  it('renew a token that is about to expire, also in the next launch', async () => {
    const phone = phoneOf('bert');
    const first = await tokenOf(phone.auth);
    await expect.poll(async () => (await tokenOf(phone.auth)) !== first).toBe(true);
    await phone.launch().request({ url: '/me' });
    expect(phone.sent.filter((line) => line === 'POST /auth/login')).toHaveLength(1);
    expect(phone.sent).toContain('POST /auth/refresh');
  });

  it('recover from an expiry that the phone did not see coming', async () => {
    const phone = phoneOf('cleo');
    await letTokenExpireUnnoticed(phone.auth);
    const requests = [phone.auth.request({ url: '/me' }), phone.auth.request({ url: '/me' })];
    await expect(Promise.all(requests)).resolves.toMatchObject([{ statusCode: 200 }, { statusCode: 200 }]);
    expect(phone.sent.filter((line) => line.startsWith('POST'))).toEqual([
      'POST /auth/login',
      'POST /auth/refresh',
    ]);
  });

  it('find each other again after a lost answer, without asking WeChat twice', async () => {
    const phone = phoneOf('dora');
    phone.losesAnswerOf = '/auth/login';
    await phone.auth.login();
    expect(phone.sent).toEqual(['POST /auth/login', 'POST /auth/login']);
    expect(phone.codes).toBe(1);
    expect(await world.exchanges()).toHaveLength(1);
    phone.losesAnswerOf = '/auth/refresh';
    const before = await tokenOf(phone.auth);
    await expect.poll(async () => (await tokenOf(phone.auth)) !== before).toBe(true);
    expect(phone.codes).toBe(1);
  });

  it('end a session together, and stay apart until the page asks', async () => {
    const phone = phoneOf('emil');
    const token = await tokenOf(phone.auth);
    await phone.auth.logout();
    expect((await node.me(token)).body).toMatchObject({ code: 'session_revoked', reason: 'signed_out' });
    const later = phone.launch();
    await expect(later.token()).resolves.toBeNull();
    await later.login();
    await expect(later.request({ url: '/me' })).resolves.toMatchObject({ statusCode: 200 });
  });

  it('agree on a kick', async () => {
    const phone = phoneOf('fay');
    await phone.auth.login();
    const admin = await world.createAdmin(node);
    await node.as(admin.accessToken, 'DELETE', `/admin/users/${phone.auth.user!.id}/sessions`);
    await expect(phone.auth.request({ url: '/me' })).rejects.toMatchObject({
      code: 'session_revoked',
      reason: 'kicked',
    });
    await expect(phone.launch().request({ url: '/me' })).rejects.toMatchObject({ code: 'signed_out' });
    expect(phone.codes).toBe(1);
  });

  it('agree on a request to be deleted, and on taking it back', async () => {
    const phone = phoneOf('gus');
    await expect(phone.auth.request({ url: '/me', method: 'DELETE' })).resolves.toMatchObject({
      statusCode: 202,
    });
    await expect(phone.auth.request({ url: '/me' })).rejects.toMatchObject({ reason: 'deleted' });
    await expect(phone.auth.login()).rejects.toMatchObject({
      code: 'account_deleting',
      problem: { eraseAt: expect.stringMatching(/Z$/) },
    });
    await expect(phone.auth.login({ restore: true })).resolves.toMatchObject({ isNewUser: false });
  });

  it('agree on a fresh login, which the client brings along by itself', async () => {
    const phone = phoneOf('gil');
    const { user } = await phone.auth.login();
    await world.database.query(
      `UPDATE sessions SET created_at = created_at - interval '121 s' WHERE user_id = $1`,
      [user.id],
    );
    const before = await tokenOf(phone.auth);
    await expect.poll(async () => (await tokenOf(phone.auth)) !== before).toBe(true);
    phone.sent.length = 0;
    const exports = [1, 2].map(() => phone.auth.request({ url: '/me/export' }));
    await expect(Promise.all(exports)).resolves.toMatchObject([1, 2].map(() => ({ statusCode: 200 })));
    expect(phone.sent.filter((line) => line === 'GET /me/export')).toHaveLength(4);
    expect(phone.sent.filter((line) => line === 'POST /auth/login')).toHaveLength(1);
    expect(phone.codes).toBe(2);
  });

  it('store a phone number, once per code', async () => {
    await world.control('POST', '/users', { id: 'hope', phone: '13800138000' });
    const { auth } = phoneOf('hope');
    const detail = await wechat('getPhoneNumber', 'hope');
    world.keepSecret(detail.code);
    await expect(auth.getPhoneNumber({ detail })).resolves.toMatchObject({
      outcome: 'stored',
      user: { phone: '+8613800138000' },
    });
    expect(auth.user!.phone).toBe('+8613800138000');
    await expect(auth.getPhoneNumber({ detail })).resolves.toEqual({ outcome: 'try_again' });
  });

  it('tell a page to fetch data again that was encrypted under another key', async () => {
    const phone = phoneOf('ivo');
    await phone.auth.login();
    await world.control('POST', '/session-keys/rotate', { appid: tea.appid, user: 'ivo' });
    const open = async () => {
      const { encryptedData, iv } = await wechat('getUserInfo', 'ivo');
      return phone.auth.request({ url: '/me/open-data', method: 'POST', data: { encryptedData, iv } });
    };
    await expect(open()).resolves.toMatchObject({ statusCode: 422, fetchAgain: true });
    await expect(open()).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.codes).toBe(2);
  });

  it('upload an avatar, also if the token has expired unnoticed', async () => {
    const phone = phoneOf('jana');
    const picture = { width: 8, height: 8, channels: 3, background: '#07c160' } as const;
    phone.files.set('http://tmp/1.png', await sharp({ create: picture }).png().toBuffer());
    await letTokenExpireUnnoticed(phone.auth);
    const upload = { url: '/me/avatar', filePath: 'http://tmp/1.png', name: 'file' };
    const { statusCode, data } = await phone.auth.upload<User>(upload);
    expect([statusCode, data.avatarUrl]).toEqual([200, phone.auth.user!.avatarUrl]);
    expect(phone.auth.user!.avatarUrl).toMatch(/\/avatars\//);
    expect(phone.sent).toEqual([
      'POST /auth/login',
      'POST /me/avatar',
      'POST /auth/refresh',
      'POST /me/avatar',
    ]);
  });

  it('use the access token at a further origin, and only if it is listed', async () => {
    const phone = phoneOf('kim');
    const url = `${node.url.replace('127.0.0.1', 'localhost')}/me`;
    await expect(phone.auth.request({ url })).resolves.toMatchObject({
      statusCode: 401,
      data: { code: 'token_missing' },
    });
    phone.launch({ origins: [new URL(url).origin] });
    await expect(phone.auth.request({ url })).resolves.toMatchObject({ statusCode: 200 });
  });

  it('answer a request without a token, also after a logout', async () => {
    const phone = phoneOf('lea');
    await phone.auth.logout();
    const jwks = { url: '/.well-known/jwks.json', auth: 'none' } as const;
    await expect(phone.auth.request(jwks)).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.sent).toEqual(['GET /.well-known/jwks.json']);
  });

  it('replace the access token if the page asks for it', async () => {
    const phone = phoneOf('mia');
    const before = await tokenOf(phone.auth);
    const after = (await phone.auth.refresh())!;
    node.tokens.add(after);
    expect(after).not.toBe(before);
    await expect(node.me(after)).resolves.toMatchObject({ status: 200 });
  });
});
