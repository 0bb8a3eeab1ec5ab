import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, RequestOptions } from '../src/index.js';
import { FakePhone, pass, settled } from './fake-phone.js';

const origins = ['https://api.example.com'];
const notes = 'https://api.example.com/notes';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

describe('a further origin of the same owner', () => {
  it('receives the access token, without redirects, after one login for all requests', async () => {
    const auth = phone.createAuth({ origins });
    const requests = Array.from({ length: 5 }, () => auth.request({ url: notes }));
    const answers = await settled(Promise.all(requests));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect(phone.to('/notes')[0]).toMatchObject({
      url: notes,
      header: { Authorization: 'Bearer access 0 1' },
      redirect: 'manual',
    });
    expect(phone.loginsAsked).toBe(1);
  });

  it('leads to one refresh for all requests after a 401, and each is repeated once', async () => {
    const auth = phone.createAuth({ origins });
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    const requests = Array.from({ length: 5 }, () => auth.request({ url: notes }));
    const answers = await settled(Promise.all(requests));
    expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.to('/notes')).toHaveLength(10);
  });

  it('does not set the clock, and does not change the user', async () => {
    const auth = phone.createAuth({ origins });
    await settled(auth.token());
    const data = { ...phone.service.user, nickname: 'Mallory' };
    phone.injectFaults('/me', {
      answer: phone.service.say(200, data, { Date: new Date(1e12).toUTCString() }),
    });
    await settled(auth.request({ url: 'https://api.example.com/me' }));
    expect(auth.user!.nickname).toBeNull();
    await settled(auth.token());
    expect(phone.to('/auth/refresh')).toHaveLength(0);
  });

  it('must be an origin', () => {
    expect(() => phone.createAuth({ origins: ['https://api.example.com/v1'] })).toThrow(TypeError);
  });
});

describe('isExpired()', () => {
  const isExpired = ({ data }: Answer<{ code?: number }>) => data.code === 401;

  it('makes a 200 with a code of the backend a reason for a refresh and one repeat', async () => {
    const auth = phone.createAuth({ origins, isExpired });
    phone.injectFaults('/notes', { answer: phone.service.say(200, { code: 401 }) });
    await expect(settled(auth.request({ url: notes }))).resolves.toMatchObject({ data: { path: '/notes' } });
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.to('/notes')).toHaveLength(2);
  });

  it('is returned if it comes again', async () => {
    const auth = phone.createAuth({ origins, isExpired });
    const answer = phone.service.say(200, { code: 401 });
    phone.injectFaults('/notes', { answer }, { answer });
    await expect(settled(auth.request({ url: notes }))).resolves.toEqual(answer);
    expect(phone.to('/notes')).toHaveLength(2);
  });

  it('is not asked about other origins', async () => {
    const auth = phone.createAuth({ isExpired: () => true });
    await settled(auth.request({ url: notes }));
    expect(phone.sent).toHaveLength(1);
  });

  it('also understands the text of an upload', async () => {
    const auth = phone.createAuth({ origins, isExpired });
    phone.injectFaults('/files', { answer: phone.service.say(200, { code: 401 }) });
    const upload = { url: 'https://api.example.com/files', filePath: 'wxfile://1', name: 'file' };
    await expect(settled(auth.upload(upload))).resolves.toMatchObject({ data: { path: '/files' } });
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });
});

describe('unwrap()', () => {
  const unwrap = ({ data }: Answer<{ code?: number; data?: unknown }>) =>
    data?.code === 0 ? data.data : data;
  const wrap = (phoneRequest: (options: RequestOptions) => unknown) => (options: RequestOptions) =>
    phoneRequest({
      ...options,
      success: (answer: Answer) =>
        options.success!({
          ...answer,
          data: answer.statusCode === 200 ? { code: 0, msg: 'ok', data: answer.data } : answer.data,
        }),
    });

  it('lets the client work with a service whose answers are wrapped: login, refresh and the user', async () => {
    const wx = { ...phone.wx, request: wrap((options) => phone.wx.request(options)) };
    const auth = phone.createAuth({ wx, unwrap });
    const { data } = await settled(auth.request({ url: '/me' }));
    expect(data).toMatchObject({ id: 'alice' });
    phone.service.forgetAccessTokens();
    phone.service.user.nickname = '小明';
    await settled(auth.request({ url: '/me' }));
    expect(auth.user).toMatchObject({ id: 'alice', nickname: '小明' });
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });

  it('fails the request with what it throws', async () => {
    const failure = new Error('余额不足');
    const auth = phone.createAuth({
      origins,
      unwrap: (answer) => {
        if (!(answer.data as object | undefined)?.hasOwnProperty('path')) return answer.data;
        throw failure;
      },
    });
    await expect(settled(auth.request({ url: notes }))).rejects.toBe(failure);
  });

  it('leaves other origins alone', async () => {
    const auth = phone.createAuth({ unwrap: () => 'unwrapped' });
    const answer = phone.service.say(200, 'mine');
    phone.injectFaults('/notes', { answer });
    await expect(settled(auth.request({ url: notes }))).resolves.toEqual(answer);
  });
});

describe('auth: none', () => {
  it('sends no access token, and does not log in', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/public', { answer: phone.service.say(200, 'hello') });
    await expect(settled(auth.request({ url: '/public', auth: 'none' }))).resolves.toMatchObject({
      data: 'hello',
    });
    expect(phone.sent).toMatchObject([{ url: 'https://login.example.com/public' }]);
    expect(phone.sent[0]).not.toHaveProperty('header.Authorization');
    expect(phone.sent[0]).not.toHaveProperty('auth');
    expect(phone.loginsAsked).toBe(0);
  });

  it('works after a logout, and a 401 is returned after one try', async () => {
    const auth = phone.createAuth();
    await settled(auth.logout());
    await expect(settled(auth.request({ url: '/public', auth: 'none' }))).resolves.toMatchObject({
      statusCode: 401,
    });
    expect(phone.to('/public')).toHaveLength(1);
  });
});

describe('auth: optional', () => {
  const optional = { url: '/public', auth: 'optional' } as const;

  it('sends the access token if a user is signed in, and renews it', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    await expect(settled(auth.request(optional))).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.to('/public').map(({ header }) => header!['Authorization'])).toEqual([
      'Bearer access 0 1',
      'Bearer access 0 2',
    ]);
  });

  it('sends no token and does not log in if nobody is signed in', async () => {
    const auth = phone.createAuth();
    await settled(auth.request(optional));
    await settled(auth.logout());
    await settled(auth.request(optional));
    expect(phone.to('/public').map(({ header }) => header?.['Authorization'])).toEqual([
      undefined,
      undefined,
    ]);
    expect(phone.loginsAsked).toBe(0);
  });

  it('waits for a login that is in flight', async () => {
    const auth = phone.createAuth();
    const login = auth.login();
    await pass(0.05);
    await expect(settled(auth.request(optional))).resolves.toMatchObject({ statusCode: 200 });
    await login;
  });

  it.each(['kicked', 'disabled'])('goes on without the token if the session was %s', async (reason) => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.end(reason);
    await settled(auth.request(optional));
    expect(phone.to('/public').map(({ header }) => header?.['Authorization'])).toEqual([
      'Bearer access 0 1',
      undefined,
    ]);
    expect(auth.user).toBeNull();
  });

  it('sends nothing more if the page aborts it during a refresh', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    const request = auth.request(optional);
    await pass(0.15);
    request.abort();
    await expect(settled(request)).rejects.toMatchObject({ code: 'aborted' });
    await pass(60);
    expect(phone.to('/auth/refresh')).toHaveLength(1);
    expect(phone.to('/public')).toHaveLength(1);
  });

  it('goes on without the token if a refresh fails', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    await pass(1000);
    phone.injectFaults('/auth/refresh', { lost: 'request' }, { lost: 'request' });
    await settled(auth.request(optional));
    expect(phone.to('/public').map(({ header }) => header?.['Authorization'])).toEqual([undefined]);
    expect(auth.user).not.toBeNull();
  });
});

describe('refresh()', () => {
  it('replaces the access token, once for all who ask', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    const tokens = await settled(Promise.all([auth.refresh(), auth.refresh()]));
    expect(tokens).toEqual(['access 0 2', 'access 0 2']);
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });

  it('logs in if nobody is signed in, and is null after a logout', async () => {
    const auth = phone.createAuth();
    await expect(settled(auth.refresh())).resolves.toBe('access 0 1');
    await settled(auth.logout());
    await expect(settled(auth.refresh())).resolves.toBeNull();
  });

  it('fails if the refresh fails', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/auth/refresh', { lost: 'request' }, { lost: 'request' });
    await expect(settled(auth.refresh())).rejects.toMatchObject({ code: 'network' });
  });
});

describe('the hooks', () => {
  it('may change the options of each call, and each answer', async () => {
    const seen: unknown[] = [];
    const auth = phone.createAuth({
      beforeRequest: async (options) => ({ ...options, header: { ...options.header, 'X-Version': '2' } }),
      afterResponse: (answer, { url }) => {
        seen.push([url, answer.statusCode]);
        return { ...answer, data: 'changed' };
      },
    });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ data: 'changed' });
    expect(phone.to('/notes')[0]!.header).toEqual({
      'X-Version': '2',
      Authorization: 'Bearer access 0 1',
    });
    expect(phone.to('/auth/login')[0]!.header).not.toHaveProperty('X-Version');
    expect(seen).toEqual([['/notes', 200]]);
  });

  it('are called once for a call that is repeated', async () => {
    const beforeRequest = vi.fn<() => void>();
    const afterResponse = vi.fn<() => void>();
    const auth = phone.createAuth({ beforeRequest, afterResponse });
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    await settled(auth.request({ url: '/notes' }));
    expect(beforeRequest).toHaveBeenCalledOnce();
    expect(afterResponse).toHaveBeenCalledOnce();
  });

  it('decide the URL before the access token is added: it goes nowhere else', async () => {
    const auth = phone.createAuth({
      beforeRequest: (options) => ({ ...options, url: 'https://evil.example/notes' }),
    });
    await settled(auth.request({ url: '/notes' }));
    expect(phone.sent).toHaveLength(1);
    expect(phone.sent[0]).not.toHaveProperty('header');
  });

  it('fail the call if they throw', async () => {
    const failure = new Error('no');
    const refuse = () => {
      throw failure;
    };
    const before = phone.createAuth({ beforeRequest: refuse });
    await expect(settled(before.request({ url: '/notes' }))).rejects.toBe(failure);
    expect(phone.sent).toEqual([]);
    const after = phone.createAuth({ afterResponse: refuse });
    await expect(settled(after.request({ url: '/notes' }))).rejects.toBe(failure);
  });
});
