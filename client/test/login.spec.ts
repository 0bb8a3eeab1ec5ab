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

  it('shares one login with all requests that come meanwhile', async () => {
    const auth = phone.createAuth();
    const requests = Array.from({ length: 30 }, () => auth.request({ url: '/notes' }));
    await settled(Promise.all([...requests, auth.token(), auth.login()]));
    expect(phone.loginsAsked).toBe(1);
    expect(phone.to('/auth/login')).toHaveLength(1);
  });

  it('fails with a code if wx.login fails, and the next request tries again', async () => {
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

it('a second login ends the previous session, after requests with its token have passed', async () => {
  const auth = phone.createAuth();
  await settled(auth.request({ url: '/notes' }));
  const answers = [auth.request({ url: '/notes' }), auth.login(), auth.request({ url: '/notes' })];
  const [before, , after] = await settled(Promise.all(answers));
  expect([before, after]).toMatchObject([{ statusCode: 200 }, { statusCode: 200 }]);
  await pass(1);
  expect(phone.service.sessions.map(({ ended }) => ended)).toEqual(['signed_out', undefined]);
  expect(auth.user).toMatchObject({ id: 'alice' });
});

it('a wx.login that never calls back fails after a while', async () => {
  let answers = false;
  const auth = phone.createAuth({
    wx: { ...phone.wx, login: (options) => (answers ? phone.wx.login(options) : undefined) },
  });
  await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({ code: 'wx_login_failed' });
  answers = true;
  await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
});

it('nothing is sent to WeChat or the service until it is needed', async () => {
  phone.createAuth();
  await pass(60);
  expect(phone.loginsAsked + phone.sent.length).toBe(0);
});

describe('a login whose answer is lost', () => {
  it('is repeated with the same code and key', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/auth/login', { lost: 'answer' });
    await settled(auth.login());
    const [first, second] = phone.to('/auth/login');
    expect(second).toEqual(first);
    expect(first!.header!['Idempotency-Key']).toMatch(/^\w{20,}$/);
    expect(phone.loginsAsked).toBe(1);
  });

  it('is repeated once at most', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/auth/login', { lost: 'request' }, { lost: 'request' });
    await expect(settled(auth.login())).rejects.toMatchObject({
      code: 'network',
      message: 'request:fail timeout',
    });
    expect(phone.to('/auth/login')).toHaveLength(2);
  });

  it('is not repeated after ten seconds, when the service no longer recognizes it', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/auth/login', { lost: 'answer', delay: 12_000 });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'network' });
    expect(phone.to('/auth/login')).toHaveLength(1);
  });

  it('leaves time for the repeat: its time-out is shorter than ten seconds', async () => {
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

it('a code that is invalid or used is replaced by a fresh one, once', async () => {
  const auth = phone.createAuth();
  const answer = phone.service.problem(401, 'code_used');
  phone.injectFaults('/auth/login', { answer });
  await expect(settled(auth.login())).resolves.toMatchObject({ user: { id: 'alice' } });
  phone.injectFaults('/auth/login', { answer }, { answer });
  await expect(settled(auth.login())).rejects.toMatchObject({ code: 'code_used', statusCode: 401 });
  expect(phone.loginsAsked).toBe(4);
});

describe('a login, if the service is busy', () => {
  it.each(['wechat_unavailable', 'database_unavailable', 'overloaded'])(
    'is tried again after Retry-After with a fresh code: %s',
    async (code) => {
      const auth = phone.createAuth();
      phone.injectFaults('/auth/login', {
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

  it('fails after two more attempts', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.problem(503, 'wechat_unavailable', {}, { 'Retry-After': '1' });
    phone.injectFaults('/auth/login', { answer }, { answer }, { answer });
    await expect(settled(auth.login())).rejects.toMatchObject({
      code: 'wechat_unavailable',
      statusCode: 503,
      retryAfter: 1,
    });
    expect(phone.loginsAsked).toBe(3);
  });

  it('does not wait longer than ten seconds, and does not wait after a rate limit', async () => {
    const auth = phone.createAuth();
    const late = phone.service.problem(503, 'overloaded', {}, { 'Retry-After': '60' });
    const limited = phone.service.problem(429, 'rate_limited', {}, { 'Retry-After': '1' });
    phone.injectFaults('/auth/login', { answer: late }, { answer: limited });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'overloaded', retryAfter: 60 });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 1 });
    expect(phone.loginsAsked).toBe(2);
  });
});

describe('a login that the service wants later', () => {
  const limited = () => phone.service.problem(429, 'rate_limited', {}, { 'Retry-After': '60' });

  it('is not tried by requests before then', async () => {
    const auth = phone.createAuth();
    const errors = vi.fn<() => void>();
    auth.on('error', errors);
    phone.injectFaults('/auth/login', { answer: limited() });
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

  it('is tried if the page asks for it; if it succeeds, requests go on', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/auth/login', { answer: limited() });
    await expect(settled(auth.token())).rejects.toMatchObject({ code: 'rate_limited' });
    await settled(auth.login());
    phone.service.forgetAccessTokens();
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('is dropped by a logout', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/auth/login', { answer: limited() });
    await expect(settled(auth.token())).rejects.toMatchObject({ code: 'rate_limited' });
    await settled(auth.logout());
    await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({ code: 'signed_out' });
  });

  it('is not tried if an answer requires a fresh login', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const answer = phone.service.problem(422, 'session_key_stale');
    phone.injectFaults('/me/open-data', { answer }, { answer });
    phone.injectFaults('/auth/login', { answer: limited() });
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
  ['a page instead of the user', { accessToken: 'a', refreshToken: 'r', expiresIn: 900, user: '<html>' }],
])('a 200 with %s is no login', async (_, data) => {
  const auth = phone.createAuth();
  phone.injectFaults('/auth/login', { answer: phone.service.say(200, data) });
  await expect(settled(auth.login())).rejects.toMatchObject({ code: 'unexpected_answer', statusCode: 200 });
});

describe('login()', () => {
  it('sends the options of the page, and returns the result', async () => {
    const auth = phone.createAuth();
    const wishes = { restore: true, consent: { policyVersion: '2026-09' }, phoneCode: 'p' } as const;
    await expect(settled(auth.login(wishes))).resolves.toMatchObject({
      user: { id: 'alice' },
      isNewUser: true,
    });
    expect(phone.to('/auth/login')[0]!.data).toMatchObject(wishes);
  });

  it('calls wx.login even if somebody is signed in', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await settled(auth.login());
    expect(phone.loginsAsked).toBe(2);
    await expect(settled(auth.token())).resolves.toBe('access 1 2');
  });

  it('with options waits for the background login that is in flight', async () => {
    const auth = phone.createAuth();
    const request = auth.request({ url: '/notes' });
    const login = auth.login({ consent: { policyVersion: '1' } });
    await settled(Promise.all([request, login]));
    expect(phone.maxConcurrentLogins).toBe(1);
    expect(phone.to('/auth/login').at(-1)!.data).toMatchObject({ consent: { policyVersion: '1' } });
  });

  it('called twice with the same options is one login', async () => {
    const auth = phone.createAuth();
    const wishes = { consent: { policyVersion: '1' } };
    await settled(Promise.all([auth.login(wishes), auth.login(wishes)]));
    expect(phone.loginsAsked).toBe(1);
  });

  it('bound to a tap ignores the event', async () => {
    const event: Record<string, unknown> = { type: 'tap', code: 'other' };
    event['target'] = event;
    await settled(phone.createAuth().login(event));
    expect(JSON.stringify(phone.to('/auth/login')[0]!.data)).toBe('{"code":"code 1"}');
  });

  it('keeps the user signed in if it fails', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/auth/login', { lost: 'request' }, { lost: 'request' });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'network' });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('does not fail requests that a login before it has signed in', async () => {
    const auth = phone.createAuth();
    const first = auth.request({ url: '/a' });
    await pass(0.01);
    phone.injectFaults('/auth/login', {}, { lost: 'request' }, { lost: 'request' });
    const login = auth.login({ consent: { policyVersion: '1' } });
    const second = auth.request({ url: '/b' });
    const outcomes = await settled(Promise.allSettled([first, login, second]));
    expect(outcomes).toMatchObject([
      { value: { statusCode: 200 } },
      { reason: { code: 'network' } },
      { value: { statusCode: 200 } },
    ]);
  });

  it('does not prevent a refresh if it fails', async () => {
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

  it('returns a warning if WeChat refused the phone code', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/auth/login', {
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
  it('report logins until the listener is removed', async () => {
    const auth = phone.createAuth();
    const heard: Login[] = [];
    const end = auth.on('login', (login) => heard.push(login));
    await settled(auth.token());
    expect(heard).toMatchObject([{ user: { id: 'alice' }, isNewUser: true }]);
    end();
    await settled(auth.login());
    expect(heard).toHaveLength(1);
  });

  it('report a failed login once, even if many requests waited for it', async () => {
    const auth = phone.createAuth();
    const errors = vi.fn<(error: Error) => void>();
    auth.on('error', errors);
    phone.loginFailure = 'login:fail';
    await settled(Promise.allSettled([auth.request({ url: '/a' }), auth.request({ url: '/b' })]));
    expect(errors).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'wx_login_failed' }));
  });

  it('reach the other listeners if one throws, and its error is not lost', async () => {
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

it('the global wx is used; without one, createAuth throws', async () => {
  expect(() => phone.createAuth({ wx: undefined })).toThrow(TypeError);
  vi.stubGlobal('wx', phone.wx);
  await settled(phone.createAuth({ wx: undefined }).token());
  vi.unstubAllGlobals();
  expect(phone.loginsAsked).toBe(1);
});

it('two clients of different services are independent', async () => {
  const one = phone.createAuth({ appid: 'wx1' });
  const two = phone.createAuth({ baseUrl: 'https://other.example.com', appid: 'wx1' });
  const three = phone.createAuth({ appid: 'wx3' });
  await settled(Promise.all([one, two, three].map((auth) => auth.request({ url: '/me' }))));
  expect(phone.stored.size).toBe(3);
  expect(phone.maxConcurrentLogins).toBe(1);
  await settled(two.logout());
  expect(one.user).not.toBeNull();
  await expect(settled(three.request({ url: '/me' }))).resolves.toMatchObject({ statusCode: 200 });
  const headers = phone.sent
    .filter(({ url }) => url.startsWith('https://other'))
    .map(({ header }) => header!['Authorization']);
  expect(headers.filter((header) => header?.startsWith('Bearer access 1'))).toHaveLength(2);
});
