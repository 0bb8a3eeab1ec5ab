import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuth, type Wechat } from '../src/index.js';
import { FakePhone, pass, settled } from './fake-phone.js';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

describe('a request', () => {
  it('takes the options of wx.request and returns its result, for any status', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.say(404, 'nothing', { 'X-A': 'b' });
    phone.injectFaults('/notes', { answer });
    const options = { method: 'POST', data: { a: 1 }, timeout: 5000, enableHttp2: true } as const;
    await settled(auth.token());
    await expect(settled(auth.request({ url: '/notes', ...options }))).resolves.toEqual(answer);
    expect(phone.to('/notes')[0]).toMatchObject(options);
  });

  it('invokes the callbacks of the page once, and does not change its options', async () => {
    const auth = phone.createAuth();
    const [success, fail, complete] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
    const options = Object.freeze({ url: '/notes', success, fail, complete });
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    const answer = await settled(auth.request(options));
    expect(success).toHaveBeenCalledExactlyOnceWith(answer);
    expect(complete).toHaveBeenCalledExactlyOnceWith(answer);
    phone.injectFaults('/notes', { lost: 'request' });
    await expect(settled(auth.request(options))).rejects.toMatchObject({ code: 'network' });
    expect(fail).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'network' }));
    expect(success).toHaveBeenCalledOnce();
  });

  it('without an answer fails, and is not repeated: it may have arrived', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/orders', { lost: 'answer' });
    await expect(settled(auth.request({ url: '/orders', method: 'POST' }))).rejects.toMatchObject({
      code: 'network',
      message: 'request:fail timeout',
    });
    expect(phone.to('/orders')).toHaveLength(1);
  });

  it('that ends without success or failure fails, for example at a redirect', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.wx.request = ({ complete }) => complete!({ errMsg: 'request:ok' });
    await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({ code: 'network' });
  });

  it('fails if wx throws', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.wx.request = () => {
      throw new Error('parameter error');
    };
    await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({
      code: 'network',
      message: 'parameter error',
    });
  });
});

it('a failure that a page does not catch is reported by the platform, not swallowed', async () => {
  const unhandled = vi.fn<(error: unknown) => void>();
  process.once('unhandledRejection', unhandled);
  vi.useRealTimers();
  const wx: Wechat = { login: () => undefined, request: ({ fail }) => fail({ errMsg: 'request:fail' }) };
  void createAuth({ baseUrl: 'https://login.example.com', wx }).request({ url: 'https://api.example.com/' });
  await expect.poll(() => unhandled.mock.calls).toMatchObject([[{ code: 'network' }, expect.anything()]]);
});

describe('the access token', () => {
  it('is sent to an absolute URL of the service, and replaces a header of the page', async () => {
    const auth = phone.createAuth();
    const header = { authorization: 'Bearer old', AUTHORIZATION: 'Bearer older' };
    await settled(auth.request({ url: 'https://LOGIN.example.com:443/notes', header }));
    expect(phone.to('/notes')[0]).toMatchObject({ url: 'https://login.example.com/notes' });
    expect(phone.to('/notes')[0]!.header).toEqual({ Authorization: 'Bearer access 0 1' });
  });

  it('is sent nowhere else: a request to another origin is unchanged and does not log in', async () => {
    const auth = phone.createAuth();
    const requests = [
      { url: 'https://api.example.com/notes', header: { Authorization: 'Basic own' } },
      { url: 'https://login.example.com.evil.example/notes', redirect: 'follow' },
      { url: 'https://login.example.com@evil.example/notes' },
      { url: '//evil.example/notes' },
    ];
    await settled(Promise.all(requests.map((request) => auth.request(request))));
    expect(phone.sent).toMatchObject(requests);
    expect(phone.sent.map(({ header }) => header)).toEqual([
      { Authorization: 'Basic own' },
      undefined,
      undefined,
      undefined,
    ]);
    expect(phone.loginsAsked).toBe(0);
  });

  it('does not follow a redirect, even if the page asks for it', async () => {
    const auth = phone.createAuth();
    await settled(auth.request({ url: '/notes', redirect: 'follow' }));
    expect(phone.sent.map(({ redirect }) => redirect)).toEqual(['manual', 'manual']);
  });
});

describe('WeChat’s ten requests at a time', () => {
  it('are never exceeded, and always used while more wait', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const answers = await settled(
      Promise.all([
        ...Array.from({ length: 25 }, (_, index) => auth.request({ url: `/notes/${index}` })),
        ...Array.from({ length: 10 }, () => auth.request({ url: 'https://api.example.com/' })),
      ]),
    );
    expect(answers.every(({ statusCode }) => statusCode === 200 || statusCode === 401)).toBe(true);
    expect(phone.maxConcurrentRequests).toBe(10);
  });

  it('are shared by all clients on one wx', async () => {
    const auths = [phone.createAuth({ appid: 'a' }), phone.createAuth({ appid: 'b' })];
    await settled(
      Promise.all(auths.flatMap((auth) => Array.from({ length: 20 }, () => auth.request({ url: '/notes' })))),
    );
    expect(phone.maxConcurrentRequests).toBe(10);
  });

  it('begin in order', async () => {
    const auth = phone.createAuth();
    const urls = Array.from({ length: 25 }, (_, index) => `/notes/${index}`);
    await settled(Promise.all(urls.map((url) => auth.request({ url }))));
    expect(phone.sent.slice(1).map(({ path }) => path)).toEqual(urls);
  });

  it('let a refresh go before those that wait', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    await settled(Promise.all(Array.from({ length: 40 }, () => auth.request({ url: '/notes' }))));
    const at = phone.sent.findIndex(({ path }) => path === '/auth/refresh');
    // Ten were refused. Requests that took their places meanwhile may have been sent, too.
    expect(at).toBeLessThan(22);
    expect(phone.service.served).toBe(40);
  });
});

describe('a 401', () => {
  it('leads to one refresh for all requests, and repeats each of them once', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    const answers = await settled(
      Promise.all(Array.from({ length: 8 }, () => auth.request({ url: '/notes' }))),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.to('/notes')).toHaveLength(16);
    expect(phone.loginsAsked).toBe(1);
  });

  it('about an older token repeats the request with the present token', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    phone.injectFaults('/slow', { delay: 5000 });
    const slow = auth.request({ url: '/slow' });
    await settled(auth.request({ url: '/notes' }));
    phone.service.forgetAccessTokens();
    await settled(auth.login());
    await expect(settled(slow)).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });

  it('that comes again is returned', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.problem(401, 'token_invalid');
    phone.injectFaults('/notes', { answer }, { answer });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toEqual(answer);
    expect(phone.to('/notes')).toHaveLength(2);
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });

  it.each([
    ['of a proxy, without a code', '<html>', {}],
    ['of a backend with codes of its own', { code: 401 }, {}],
    ['about another scheme', { code: 'NOT_VIP' }, { 'WWW-Authenticate': 'Basic realm="invalid"' }],
  ])('%s is returned after one try: it is not about the access token', async (_, data, header) => {
    const auth = phone.createAuth();
    const answer = phone.service.say(401, data, header);
    for (let time = 0; time < 3; time += 1) {
      phone.injectFaults('/notes', { answer });
      await expect(settled(auth.request({ url: '/notes' }))).resolves.toEqual(answer);
    }
    expect(phone.to('/notes')).toHaveLength(3);
    expect(phone.to('/auth/refresh')).toHaveLength(0);
  });

  it('with error="invalid_token" in WWW-Authenticate is about the access token, whatever its body is', async () => {
    const auth = phone.createAuth();
    const header = { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' };
    phone.injectFaults('/notes', { answer: phone.service.say(401, { code: 'FST_JWT_EXPIRED' }, header) });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.to('/notes')).toHaveLength(2);
  });

  it('is understood if the page asked for text', async () => {
    const auth = phone.createAuth();
    const problem = JSON.stringify({ code: 'session_revoked', reason: 'kicked' });
    phone.injectFaults('/notes', { answer: phone.service.say(401, problem) });
    await expect(settled(auth.request({ url: '/notes', dataType: 'text' }))).rejects.toMatchObject({
      reason: 'kicked',
    });
  });

  it('about a code that the page sent is returned like any answer', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/me/identities', { answer: phone.service.problem(401, 'code_used') });
    await expect(settled(auth.request({ url: '/me/identities' }))).resolves.toMatchObject({
      statusCode: 401,
    });
    expect(phone.to('/auth/refresh')).toHaveLength(0);
  });

  it.each(['refresh_token_invalid', 'refresh_token_reused', 'invalid_request'])(
    'logs in in the background if the refresh token is no longer valid: %s',
    async (code) => {
      const auth = phone.createAuth();
      const logout = vi.fn<() => void>();
      auth.on('logout', logout);
      await settled(auth.token());
      phone.service.forgetAccessTokens();
      phone.injectFaults('/auth/refresh', { answer: phone.service.problem(401, code) });
      const requests = Array.from({ length: 5 }, () => auth.request({ url: '/notes' }));
      const answers = await settled(Promise.all(requests));
      expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
      expect(phone.loginsAsked).toBe(2);
      expect(phone.to('/auth/refresh')).toHaveLength(1);
      expect(logout).not.toHaveBeenCalled();
    },
  );

  it.each(['merged', 'reused'])('logs in in the background if the session was %s', async (reason) => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.end(reason);
    const requests = Array.from({ length: 5 }, () => auth.request({ url: '/notes' }));
    const answers = await settled(Promise.all(requests));
    expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
    expect(phone.loginsAsked).toBe(2);
  });
});

describe('a stale session key', () => {
  it('leads to one login, and the answer says to fetch the data again', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.problem(422, 'session_key_stale');
    phone.injectFaults('/me/open-data', { answer }, { answer }, { answer });
    const requests = Array.from({ length: 3 }, () => auth.request({ url: '/me/open-data', method: 'POST' }));
    const answers = await settled(Promise.all(requests));
    expect(answers).toEqual(answers.map(() => ({ ...answer, fetchAgain: true })));
    expect(phone.to('/me/open-data')).toHaveLength(3);
    expect(phone.loginsAsked).toBe(2);
  });

  it('leads to no further login for a request from before that login', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.problem(422, 'session_key_stale');
    phone.injectFaults('/me/open-data', { answer }, { answer, delay: 2000 });
    const requests = [auth.request({ url: '/me/open-data' }), auth.request({ url: '/me/open-data' })];
    await settled(Promise.all(requests));
    expect(phone.loginsAsked).toBe(2);
  });

  it('fails the request if that login fails', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/me/open-data', { answer: phone.service.problem(422, 'session_key_stale') });
    await settled(auth.token());
    phone.loginFailure = 'login:fail';
    await expect(settled(auth.request({ url: '/me/open-data' }))).rejects.toMatchObject({
      code: 'wx_login_failed',
    });
  });
});

describe('login_again', () => {
  it('leads to one login for all requests, and repeats each of them once', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.problem(422, 'login_again');
    phone.injectFaults('/me', { answer }, { answer });
    const rename = { url: '/me', method: 'POST', data: { nickname: '小明' } } as const;
    const answers = await settled(Promise.all([auth.request(rename), auth.request(rename)]));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(phone.to('/me')).toHaveLength(4);
    expect(phone.loginsAsked).toBe(2);
  });

  it('that comes again is returned', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.problem(422, 'login_again');
    phone.injectFaults('/me', { answer }, { answer });
    await expect(settled(auth.request({ url: '/me' }))).resolves.toEqual(answer);
    expect(phone.to('/me')).toHaveLength(2);
  });

  it('after a repeat because of a 401 is returned', async () => {
    const auth = phone.createAuth();
    const again = phone.service.problem(422, 'login_again');
    phone.injectFaults('/me', { answer: phone.service.problem(401, 'token_expired') }, { answer: again });
    await expect(settled(auth.request({ url: '/me' }))).resolves.toEqual(again);
    expect(phone.to('/me')).toHaveLength(2);
  });
});

describe('fresh_login_required', () => {
  const times = <Result>(count: number, make: () => Result) => Array.from({ length: count }, make);

  it('leads to one background login for all requests, and repeats each of them once', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(300);
    const answers = await settled(Promise.all(times(8, () => auth.request({ url: '/me/export' }))));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(times(8, () => 200));
    expect(phone.loginsAsked).toBe(2);
    expect(phone.to('/me/export')).toHaveLength(16);
    expect(phone.to('/auth/refresh')).toHaveLength(0);
  });

  it('repeats the same request with the new token, and ends the previous session', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(300);
    const options = { url: '/me', method: 'DELETE', data: { why: 'bored' }, header: { 'X-A': 'b' } } as const;
    await expect(settled(auth.request(options))).resolves.toMatchObject({ statusCode: 200 });
    const [refused, repeated] = phone.to('/me');
    expect(repeated).toEqual({ ...refused, header: { 'X-A': 'b', Authorization: 'Bearer access 1 2' } });
    await pass(1);
    expect(phone.service.sessions.map(({ ended }) => ended)).toEqual(['signed_out', undefined]);
  });

  it('needs a login, not a refresh', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(880);
    await expect(settled(auth.request({ url: '/me/export' }))).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.loginsAsked).toBe(2);
  });

  it('leads to no login if the page has logged in meanwhile', async () => {
    const auth = phone.createAuth();
    await settled(auth.request({ url: '/me/export' }));
    expect(phone.loginsAsked).toBe(1);
    await pass(300);
    phone.injectFaults('/me/export', { answer: phone.service.freshLoginRequired(), delay: 2000 });
    const slow = auth.request({ url: '/me/export' });
    await pass(1);
    await settled(auth.login());
    await expect(settled(slow)).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.loginsAsked).toBe(2);
  });

  it('is returned if the repeat is refused, too: there is no loop', async () => {
    const auth = phone.createAuth();
    const answer = phone.service.freshLoginRequired();
    phone.injectFaults('/me/export', ...times(10, () => ({ answer })));
    const answers = await settled(Promise.all(times(5, () => auth.request({ url: '/me/export' }))));
    expect(answers).toEqual(times(5, () => answer));
    await pass(60);
    expect(phone.to('/me/export')).toHaveLength(10);
    expect(phone.loginsAsked).toBe(2);
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('after a repeat because of another 401 is returned', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const answer = phone.service.freshLoginRequired();
    phone.injectFaults('/me', { answer: phone.service.problem(401, 'token_expired') }, { answer });
    await expect(settled(auth.request({ url: '/me' }))).resolves.toEqual(answer);
    expect(phone.loginsAsked).toBe(1);
  });

  it('fails the request if wx.login fails, and the user stays signed in', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(300);
    phone.loginFailure = 'login:fail';
    await expect(settled(auth.request({ url: '/me/export' }))).rejects.toMatchObject({
      code: 'wx_login_failed',
    });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('fails the request if the service refuses that login, and the user is signed out', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(300);
    phone.service.refusal = { status: 403, code: 'account_disabled' };
    await expect(settled(auth.request({ url: '/me/export' }))).rejects.toMatchObject({
      code: 'account_disabled',
      reason: 'disabled',
    });
    expect(phone.loginsAsked).toBe(2);
    await expect(settled(auth.request({ url: '/me/export' }))).rejects.toMatchObject({ code: 'signed_out' });
    expect(phone.loginsAsked).toBe(2);
  });
});

describe('the user', () => {
  it('is null at first, then from the login, then from the answers of /me', async () => {
    const auth = phone.createAuth();
    expect(auth.user).toBeNull();
    await settled(auth.token());
    expect(auth.user).toEqual(phone.service.user);
    phone.service.user.nickname = '小明';
    await settled(auth.request({ url: '/me?fields=all' }));
    expect(auth.user).toEqual({ ...phone.service.user, nickname: '小明' });
  });

  it('is not replaced by an answer that was read before a change', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const before = phone.service.say(200, { ...phone.service.user });
    phone.injectFaults('/me', { answer: before, delay: 2000 });
    const slow = auth.request({ url: '/me' });
    await pass(1);
    await settled(auth.request({ url: '/me/phone', method: 'POST', data: { code: 'phone' } }));
    await expect(settled(slow)).resolves.toEqual(before);
    expect(auth.user!.phone).toBe('+8613800138000');
    await settled(auth.request({ url: '/me' }));
    expect(auth.user!.phone).toBe('+8613800138000');
  });

  it('is the answer to a change, even if it was read meanwhile', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/me/phone', { delay: 2000 });
    const change = auth.request({ url: '/me/phone', method: 'POST', data: { code: 'phone' } });
    await settled(auth.request({ url: '/me' }));
    await settled(change);
    expect(auth.user!.phone).toBe('+8613800138000');
  });

  it.each([null, '<html>'])('is not replaced by an answer that is not from the service: %j', async (data) => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/me', { answer: phone.service.say(200, data) });
    await expect(settled(auth.request({ url: '/me' }))).resolves.toMatchObject({ data });
    expect(auth.user).toEqual(phone.service.user);
  });

  it('is not replaced by another user, or by an answer to another path', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const other = { ...phone.service.user, nickname: 'Mallory' };
    phone.injectFaults('/me', { answer: phone.service.say(200, { ...other, id: 'mallory' }) });
    phone.injectFaults('/people/alice', { answer: phone.service.say(200, other) });
    await settled(auth.request({ url: '/me' }));
    await settled(auth.request({ url: '/people/alice' }));
    expect(auth.user!.nickname).toBeNull();
  });
});

describe('the renewal of the access token', () => {
  it('comes a minute before it expires, once for all requests', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(835);
    await settled(auth.request({ url: '/notes' }));
    expect(phone.to('/auth/refresh')).toHaveLength(0);
    await pass(10);
    await settled(
      Promise.all([auth.request({ url: '/notes' }), auth.request({ url: '/notes' }), auth.token()]),
    );
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.to('/notes').map(({ header }) => header!['Authorization'])).toEqual([
      'Bearer access 0 1',
      'Bearer access 0 2',
      'Bearer access 0 2',
    ]);
  });

  it('comes in the last quarter if the token lives for a few seconds', async () => {
    phone.service.accessTokenLifetime = 8;
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(5);
    await expect(settled(auth.token())).resolves.toBe('access 0 1');
    await pass(2);
    await expect(settled(auth.token())).resolves.toBe('access 0 2');
  });

  it.each([
    ['hours ahead', 5],
    ['hours behind', -5],
  ])('is right on a phone whose clock is %s, also at the next launch', async (_, hours) => {
    vi.setSystemTime(Date.now() + hours * 3600_000);
    await settled(phone.createAuth().token());
    await pass(800);
    const auth = phone.createAuth();
    await settled(auth.token());
    expect(phone.to('/auth/refresh')).toHaveLength(0);
    await pass(60);
    await settled(auth.token());
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.loginsAsked).toBe(1);
  });

  it('is right if the phone’s clock is set, and an answer has come since', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    vi.setSystemTime(Date.now() - 2 * 3600_000);
    phone.injectFaults('/slow', { delay: 1000 });
    await settled(auth.request({ url: '/slow' }));
    const refreshes = phone.to('/auth/refresh').length;
    await pass(700);
    await settled(auth.token());
    expect(phone.to('/auth/refresh')).toHaveLength(refreshes);
    await pass(150);
    await settled(auth.token());
    expect(phone.to('/auth/refresh')).toHaveLength(refreshes + 1);
  });

  it('comes early, not late, if the clock was set back and no answer has come since', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(880);
    vi.setSystemTime(Date.now() - 3600_000);
    await settled(auth.request({ url: '/notes' }));
    expect(phone.to('/notes')).toHaveLength(1);
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });

  it('uses the phone’s clock if no answer has a date, and ignores dates from a cache', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const old = { Date: new Date(0).toUTCString(), Age: '9999' };
    phone.injectFaults('/cached', { answer: phone.service.say(200, '', old) });
    phone.injectFaults('/dateless', { answer: { statusCode: 200, data: '', header: {} } });
    await settled(auth.request({ url: '/cached' }));
    await settled(auth.request({ url: '/dateless' }));
    await pass(800);
    await settled(auth.token());
    expect(phone.to('/auth/refresh')).toHaveLength(0);
  });

  it('is repeated once if its answer is lost', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(850);
    phone.injectFaults('/auth/refresh', { lost: 'answer' });
    await expect(settled(auth.token())).resolves.toBe('access 0 3');
    expect(phone.to('/auth/refresh')).toHaveLength(2);
    expect(phone.loginsAsked).toBe(1);
  });

  it.each([
    ['no network', { lost: 'request' }],
    ['a 500', { answer: { statusCode: 500, data: { code: 'internal_error' }, header: {} } }],
    ['a proxy’s 502', { answer: { statusCode: 502, data: '<html>', header: {} } }],
    [
      'a 503',
      { answer: { statusCode: 503, data: { code: 'database_unavailable' }, header: { 'Retry-After': '1' } } },
    ],
    ['a proxy’s 403', { answer: { statusCode: 403, data: '', header: {} } }],
  ] as const)('keeps the session and never leads to a login after %s', async (_, fault) => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(880);
    phone.injectFaults('/auth/refresh', ...Array.from({ length: 9 }, () => fault));
    // The token has not expired yet, so it is still used.
    await expect(settled(auth.token())).resolves.toBe('access 0 1');
    await pass(30);
    await expect(settled(auth.token())).rejects.toMatchObject({
      name: 'AuthError',
      code: expect.any(String),
    });
    await pass(30);
    while (phone.to('/auth/refresh').length < 9) await settled(auth.token().catch(() => undefined));
    await pass(1);
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.loginsAsked).toBe(1);
  });
});
