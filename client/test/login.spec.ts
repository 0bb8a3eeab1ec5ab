import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Login } from '../src/index.js';
import { baseUrl, FakePhone, pass, settled } from './fake-phone.js';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

describe('the first request', () => {
  it('logs in by itself, and carries the access token', async () => {
    const auth = phone.createAuth({ appid: 'wx1' });
    const answer = await settled(auth.request({ url: '/notes', header: { 'X-Trace': '1' } }));
    expect(answer).toMatchObject({ statusCode: 200, data: { path: '/notes' } });
    expect(phone.to('/auth/login')[0]).toMatchObject({
      url: `${baseUrl}/auth/login`,
      method: 'POST',
      data: { code: 'code 1', appid: 'wx1' },
    });
    expect(phone.to('/notes')[0]!.header).toEqual({ 'X-Trace': '1', Authorization: 'Bearer access 0 1' });
    expect(auth.user).toMatchObject({ id: 'alice' });
  });

  it('shares the one login with all others that come meanwhile', async () => {
    const auth = phone.createAuth();
    const requests = Array.from({ length: 30 }, () => auth.request({ url: '/notes' }));
    await settled(Promise.all([...requests, auth.token(), auth.login()]));
    expect(phone.loginsAsked).toBe(1);
    expect(phone.to('/auth/login')).toHaveLength(1);
  });

  it('fails alone with a code where wx.login fails, and the next one asks again', async () => {
    const auth = phone.createAuth();
    phone.loginFailure = 'login:fail interrupted';
    await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({
      name: 'AuthError',
      code: 'wx_login_failed',
      message: 'login:fail interrupted',
    });
    phone.loginFailure = undefined;
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });
});

it('ends the session in whose place it comes, while requests with its token go through', async () => {
  const auth = phone.createAuth();
  await settled(auth.request({ url: '/notes' }));
  const answers = [auth.request({ url: '/notes' }), auth.login(), auth.request({ url: '/notes' })];
  const [before, , after] = await settled(Promise.all(answers));
  expect([before, after]).toMatchObject([{ statusCode: 200 }, { statusCode: 200 }]);
  await pass(1);
  expect(phone.service.sessions.map(({ ended }) => ended)).toEqual(['signed_out', undefined]);
  expect(auth.user).toMatchObject({ id: 'alice' });
});

it('a wx.login that never answers holds nobody up for ever', async () => {
  let answers = false;
  const auth = phone.createAuth({
    wx: { ...phone.wx, login: (options) => (answers ? phone.wx.login(options) : undefined) },
  });
  await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({ code: 'wx_login_failed' });
  answers = true;
  await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
});

it('nothing is asked of WeChat or the service before something is needed', async () => {
  phone.createAuth();
  await pass(60);
  expect(phone.loginsAsked + phone.sent.length).toBe(0);
});

describe('a login whose answer is lost', () => {
  it('is repeated with the same code and key', async () => {
    const auth = phone.createAuth();
    phone.expectTrouble('/auth/login', { lost: 'answer' });
    await settled(auth.login());
    const [first, second] = phone.to('/auth/login');
    expect(second).toEqual(first);
    expect(first!.header!['Idempotency-Key']).toMatch(/^\w{20,}$/);
    expect(phone.loginsAsked).toBe(1);
  });

  it('is repeated once at most', async () => {
    const auth = phone.createAuth();
    phone.expectTrouble('/auth/login', { lost: 'request' }, { lost: 'request' });
    await expect(settled(auth.login())).rejects.toMatchObject({
      code: 'network',
      message: 'request:fail timeout',
    });
    expect(phone.to('/auth/login')).toHaveLength(2);
  });

  it('is not repeated after the ten seconds in which the service would know it', async () => {
    const auth = phone.createAuth();
    phone.expectTrouble('/auth/login', { lost: 'answer', delay: 12_000 });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'network' });
    expect(phone.to('/auth/login')).toHaveLength(1);
  });

  it('leaves time for the repeat: its own time-out is shorter than the ten seconds', async () => {
    await settled(phone.createAuth().login());
    expect(phone.to('/auth/login')[0]!.timeout).toBeLessThan(9000);
  });
});

it('every code has a key of its own', async () => {
  const auth = phone.createAuth();
  await settled(auth.login());
  await settled(auth.login());
  const keys = phone.to('/auth/login').map(({ header }) => header!['Idempotency-Key']);
  expect(new Set(keys).size).toBe(2);
});

it('a code that WeChat has forgotten, or knows to be spent, is replaced by a fresh one, once', async () => {
  const auth = phone.createAuth();
  const answer = phone.service.problem(401, 'code_used');
  phone.expectTrouble('/auth/login', { answer });
  await expect(settled(auth.login())).resolves.toMatchObject({ user: { id: 'alice' } });
  phone.expectTrouble('/auth/login', { answer }, { answer });
  await expect(settled(auth.login())).rejects.toMatchObject({ code: 'code_used', statusCode: 401 });
  expect(phone.loginsAsked).toBe(4);
});

describe('a login that finds the service busy', () => {
  it.each(['wechat_unavailable', 'database_unavailable', 'overloaded'])(
    'comes again after Retry-After with a fresh code: %s',
    async (code) => {
      const auth = phone.createAuth();
      phone.expectTrouble('/auth/login', {
        answer: phone.service.problem(503, code, {}, { 'retry-after': '5' }),
      });
      const login = auth.login();
      await pass(5);
      expect(phone.loginsAsked).toBe(1);
      await settled(login);
      expect(phone.to('/auth/login').map(({ data }) => data)).toMatchObject([
        { code: 'code 1' },
        { code: 'code 2' },
      ]);
    },
  );

  it('gives up after two more attempts', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.problem(503, 'wechat_unavailable', {}, { 'Retry-After': '1' });
    phone.expectTrouble('/auth/login', { answer }, { answer }, { answer });
    await expect(settled(auth.login())).rejects.toMatchObject({
      code: 'wechat_unavailable',
      statusCode: 503,
      retryAfter: 1,
    });
    expect(phone.loginsAsked).toBe(3);
  });

  it('does not wait longer than ten seconds, and not at all for a limit', async () => {
    const auth = phone.createAuth();
    const late = phone.service.problem(503, 'overloaded', {}, { 'Retry-After': '60' });
    const limited = phone.service.problem(429, 'rate_limited', {}, { 'Retry-After': '1' });
    phone.expectTrouble('/auth/login', { answer: late }, { answer: limited });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'overloaded', retryAfter: 60 });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 1 });
    expect(phone.loginsAsked).toBe(2);
  });
});

describe('a login that is to be tried later', () => {
  const limited = () => phone.service.problem(429, 'rate_limited', {}, { 'Retry-After': '60' });

  it('is not tried before then by whatever a page asks for', async () => {
    const auth = phone.createAuth();
    const errors = vi.fn<() => void>();
    auth.on('error', errors);
    phone.expectTrouble('/auth/login', { answer: limited() });
    for (let time = 0; time < 10; time += 1) {
      const failure = { code: 'rate_limited', retryAfter: 60 };
      await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject(failure);
      await pass(5);
    }
    expect(phone.loginsAsked).toBe(1);
    expect(errors).toHaveBeenCalledOnce();
    await pass(10);
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('is tried where the page asks for a login, whose success counts for all', async () => {
    const auth = phone.createAuth();
    phone.expectTrouble('/auth/login', { answer: limited() });
    await expect(settled(auth.token())).rejects.toMatchObject({ code: 'rate_limited' });
    await settled(auth.login());
    phone.service.forgetAccessTokens();
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('is forgotten with a logout', async () => {
    const auth = phone.createAuth();
    phone.expectTrouble('/auth/login', { answer: limited() });
    await expect(settled(auth.token())).rejects.toMatchObject({ code: 'rate_limited' });
    await settled(auth.logout());
    await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({ code: 'signed_out' });
  });

  it('is not tried for an answer that asks for a fresh one', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const answer = phone.service.problem(422, 'session_key_stale');
    phone.expectTrouble('/me/open-data', { answer }, { answer });
    phone.expectTrouble('/auth/login', { answer: limited() });
    for (let time = 0; time < 2; time += 1) {
      await expect(settled(auth.request({ url: '/me/open-data' }))).rejects.toMatchObject({
        code: 'rate_limited',
      });
    }
    expect(phone.loginsAsked).toBe(2);
  });
});

it.each([
  ['a page', '<html>Please log in to the hotel</html>'],
  ['nothing', undefined],
  ['half of it', { accessToken: 'a', user: {} }],
  ['a page as the person', { accessToken: 'a', refreshToken: 'r', expiresIn: 900, user: '<html>' }],
])('a 200 that holds %s is no login', async (_, data) => {
  const auth = phone.createAuth();
  phone.expectTrouble('/auth/login', { answer: phone.service.say(200, data) });
  await expect(settled(auth.login())).rejects.toMatchObject({ code: 'unexpected_answer', statusCode: 200 });
});

describe('login()', () => {
  it('passes on what the page has to say, and says how it went', async () => {
    const auth = phone.createAuth();
    const wishes = { restore: true, consent: { policyVersion: '2026-09' }, phoneCode: 'p' } as const;
    await expect(settled(auth.login(wishes))).resolves.toMatchObject({
      user: { id: 'alice' },
      isNewUser: true,
    });
    expect(phone.to('/auth/login')[0]!.data).toMatchObject(wishes);
  });

  it('asks WeChat anew even where somebody is signed in', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await settled(auth.login());
    expect(phone.loginsAsked).toBe(2);
    await expect(settled(auth.token())).resolves.toBe('access 1 2');
  });

  it('with something to say waits for a silent login under way, and is sent after it', async () => {
    const auth = phone.createAuth();
    const request = auth.request({ url: '/notes' });
    const login = auth.login({ consent: { policyVersion: '1' } });
    await settled(Promise.all([request, login]));
    expect(phone.mostLoginsAtOnce).toBe(1);
    expect(phone.to('/auth/login').at(-1)!.data).toMatchObject({ consent: { policyVersion: '1' } });
  });

  it('tapped twice with the same words is one login', async () => {
    const auth = phone.createAuth();
    const wishes = { consent: { policyVersion: '1' } };
    await settled(Promise.all([auth.login(wishes), auth.login(wishes)]));
    expect(phone.loginsAsked).toBe(1);
  });

  it('bound to a tap sends nothing of the event', async () => {
    const event: Record<string, unknown> = { type: 'tap', code: 'other' };
    event['target'] = event;
    await settled(phone.createAuth().login(event));
    expect(JSON.stringify(phone.to('/auth/login')[0]!.data)).toBe('{"code":"code 1"}');
  });

  it('that fails leaves who was signed in signed in', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.expectTrouble('/auth/login', { lost: 'request' }, { lost: 'request' });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'network' });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('that fails takes nothing from requests whom a login before it has signed in', async () => {
    const auth = phone.createAuth();
    const first = auth.request({ url: '/a' });
    await pass(0.01);
    phone.expectTrouble('/auth/login', {}, { lost: 'request' }, { lost: 'request' });
    const login = auth.login({ consent: { policyVersion: '1' } });
    const second = auth.request({ url: '/b' });
    const outcomes = await settled(Promise.allSettled([first, login, second]));
    expect(outcomes).toMatchObject([
      { value: { statusCode: 200 } },
      { reason: { code: 'network' } },
      { value: { statusCode: 200 } },
    ]);
  });

  it('that fails keeps no request from a refresh', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    phone.loginFailure = 'login:fail';
    const outcomes = await settled(Promise.allSettled([auth.login(), auth.request({ url: '/notes' })]));
    expect(outcomes).toMatchObject([{ reason: { code: 'wx_login_failed' } }, { value: { statusCode: 200 } }]);
    const refused = auth.request({ url: '/notes' });
    phone.service.forgetAccessTokens();
    await pass(0.01);
    const login = auth.login().catch(() => undefined);
    await expect(settled(refused)).resolves.toMatchObject({ statusCode: 200 });
    await login;
  });

  it('warns of a phone code that WeChat refused', async () => {
    const auth = phone.createAuth();
    phone.expectTrouble('/auth/login', {
      answer: phone.service.say(200, {
        accessToken: 'a',
        refreshToken: 'r',
        expiresIn: 900,
        user: phone.service.user,
        isNewUser: false,
        warnings: [{ code: 'phone_code_invalid' }],
      }),
    });
    await expect(settled(auth.login({ phoneCode: 'spent' }))).resolves.toMatchObject({
      warnings: [{ code: 'phone_code_invalid' }],
    });
  });
});

describe('events', () => {
  it('tell of logins, until one no longer listens', async () => {
    const auth = phone.createAuth();
    const heard: Login[] = [];
    const end = auth.on('login', (login) => heard.push(login));
    await settled(auth.token());
    expect(heard).toMatchObject([{ user: { id: 'alice' }, isNewUser: true }]);
    end();
    await settled(auth.login());
    expect(heard).toHaveLength(1);
  });

  it('tell of a failed login once, however many waited for it', async () => {
    const auth = phone.createAuth();
    const errors = vi.fn<(error: Error) => void>();
    auth.on('error', errors);
    phone.loginFailure = 'login:fail';
    await settled(Promise.allSettled([auth.request({ url: '/a' }), auth.request({ url: '/b' })]));
    expect(errors).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'wx_login_failed' }));
  });

  it('reach the others where one listener throws, whose error is not swallowed', async () => {
    const auth = phone.createAuth();
    const other = vi.fn<() => void>();
    auth.on('login', () => {
      throw new Error('a mistake in a page');
    });
    auth.on('login', other);
    await settled(auth.login());
    expect(() => vi.advanceTimersByTime(1)).toThrow('a mistake in a page');
    expect(other).toHaveBeenCalledOnce();
  });
});

it('a global wx is found, and its absence is told', async () => {
  expect(() => phone.createAuth({ wx: undefined })).toThrow(TypeError);
  vi.stubGlobal('wx', phone.wx);
  await settled(phone.createAuth({ wx: undefined }).token());
  vi.unstubAllGlobals();
  expect(phone.loginsAsked).toBe(1);
});

it('two of them for different services do not disturb each other', async () => {
  const one = phone.createAuth({ appid: 'wx1' });
  const two = phone.createAuth({ baseUrl: 'https://other.example.com', appid: 'wx1' });
  const three = phone.createAuth({ appid: 'wx3' });
  await settled(Promise.all([one, two, three].map((auth) => auth.request({ url: '/me' }))));
  expect(phone.stored.size).toBe(3);
  expect(phone.mostLoginsAtOnce).toBe(1);
  await settled(two.logout());
  expect(one.user).not.toBeNull();
  await expect(settled(three.request({ url: '/me' }))).resolves.toMatchObject({ statusCode: 200 });
  const headers = phone.sent
    .filter(({ url }) => url.startsWith('https://other'))
    .map(({ header }) => header!['Authorization']);
  expect(headers.filter((header) => header?.startsWith('Bearer access 1'))).toHaveLength(2);
});
