import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Wechat } from '../src/index.js';
import { FakePhone, pass, settled } from './fake-phone.js';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

describe('a call of wx that never calls back', () => {
  it.each(['/auth/login', '/auth/refresh'])('fails only what waits for it: %s', async (path) => {
    let isSilent = false;
    const request: Wechat['request'] = (options) =>
      isSilent && options.url.endsWith(path) ? undefined : phone.wx.request(options);
    const auth = phone.createAuth({ wx: { ...phone.wx, request } });
    if (path === '/auth/refresh') await settled(auth.token());
    await pass(1000);
    isSilent = true;
    const failed = auth.request({ url: '/notes' }).catch((error: unknown) => error);
    await pass(12);
    await expect(failed).resolves.toMatchObject({ code: 'network', message: 'fail timeout' });
    isSilent = false;
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it.each([
    [undefined, 65],
    [5000, 10],
    [90_000, 95],
  ])('leaves the queue in the end: a request with a time-out of %s', async (timeout, seconds) => {
    const request: Wechat['request'] = (options) =>
      options.url.endsWith('/silent') ? undefined : phone.wx.request(options);
    const auth = phone.createAuth({ wx: { ...phone.wx, request } });
    await settled(auth.token());
    const silent = Array.from({ length: 10 }, () => auth.request({ url: '/silent', timeout }));
    const failures = Promise.allSettled(silent);
    const served = auth.request({ url: '/notes' });
    await pass((timeout ?? 60_000) / 1000);
    expect(phone.to('/notes')).toEqual([]);
    await pass(seconds - (timeout ?? 60_000) / 1000);
    await expect(served).resolves.toMatchObject({ statusCode: 200 });
    const failure = { status: 'rejected', reason: { code: 'network' } };
    await expect(failures).resolves.toMatchObject(silent.map(() => failure));
  });

  it('counts as an empty storage', async () => {
    const auth = phone.createAuth({ wx: { ...phone.wx, getStorage: () => undefined } });
    const token = auth.token();
    await pass(4);
    await expect(token).resolves.toBe('access 0 1');
  });

  it('does not delay a logout', async () => {
    const auth = phone.createAuth({ wx: { ...phone.wx, setStorage: () => undefined } });
    await settled(auth.token());
    let isOver = false;
    void auth.logout().then(() => (isOver = true));
    await pass(3);
    expect(isOver).toBe(true);
  });

  it('has the same effect in a storage of the page', async () => {
    const never = () => new Promise(() => undefined);
    const auth = phone.createAuth({ storage: { get: never, set: never } });
    await expect(settled(auth.request({ url: '/me' }))).resolves.toMatchObject({ statusCode: 200 });
    await expect(settled(auth.logout())).resolves.toBeUndefined();
  });

  it('leaves only the last of many values that wait to be written', async () => {
    let isSilent = true;
    const written: unknown[] = [];
    const setStorage: Wechat['setStorage'] = ({ data, success }) => {
      written.push(data);
      if (!isSilent) success!({});
    };
    const auth = phone.createAuth({ wx: { ...phone.wx, setStorage } });
    await settled(auth.token());
    for (let time = 0; time < 5; time += 1) await settled(auth.request({ url: '/me' }));
    isSilent = false;
    await settled(auth.logout());
    expect(written).toHaveLength(2);
    expect(written.at(-1)).toContain('"out":"signed_out"');
  });
});

describe('a wx that returns promises, too', () => {
  it('leaves no rejection unhandled', async () => {
    const wx: Wechat = {
      ...phone.wx,
      request: () => Promise.reject(Object.assign(new Error(), { errMsg: 'request:fail abort' })),
    };
    const auth = phone.createAuth({ wx });
    const request = auth.request({ url: 'https://api.example.com/' });
    await expect(request).rejects.toMatchObject({ code: 'network', message: 'request:fail abort' });
  });

  it('may report a success after the end', async () => {
    const request: Wechat['request'] = ({ success, complete, ...options }) =>
      phone.wx.request({
        ...options,
        success: (answer: unknown) => setTimeout(() => success(answer), 200),
        complete,
      });
    const auth = phone.createAuth({ wx: { ...phone.wx, request } });
    await expect(settled(auth.request({ url: '/me' }))).resolves.toMatchObject({ statusCode: 200 });
  });
});
