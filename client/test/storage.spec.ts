import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Wechat } from '../src/index.js';
import { FakePhone, settled } from './fake-phone.js';

const key = 'weapp-auth:https://login.example.com:wx1';
const appid = 'wx1';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

it('the next launch goes on with the session and the user', async () => {
  await settled(phone.createAuth({ appid }).token());
  const auth = phone.createAuth({ appid });
  await expect(settled(auth.token())).resolves.toBe('access 0 1');
  expect(auth.user).toMatchObject({ id: 'alice' });
  expect(phone.loginsAsked).toBe(1);
});

it('the next launch has the renewed token', async () => {
  const auth = phone.createAuth({ appid });
  await settled(auth.token());
  phone.service.forgetAccessTokens();
  await settled(auth.request({ url: '/notes' }));
  await expect(settled(phone.createAuth({ appid }).token())).resolves.toBe('access 0 2');
});

it.each([
  ['3.0.0', true],
  ['2.21.3', true],
  ['2.21.2', false],
  ['2.9.5', false],
])('base library %s stores the session encrypted: %s', async (version, encrypt) => {
  phone.sdkVersion = version;
  await settled(phone.createAuth({ appid }).token());
  expect(phone.stored.get(key)!.encrypt).toBe(encrypt);
  await settled(phone.createAuth({ appid }).token());
  expect(phone.loginsAsked).toBe(1);
});

it('a session that an older base library stored unencrypted is read, and encrypted at the next change', async () => {
  phone.sdkVersion = '2.20.0';
  await settled(phone.createAuth({ appid }).token());
  phone.sdkVersion = '3.0.0';
  const auth = phone.createAuth({ appid });
  await settled(auth.token());
  expect(phone.loginsAsked).toBe(1);
  phone.service.forgetAccessTokens();
  await settled(auth.request({ url: '/notes' }));
  expect(phone.stored.get(key)!.encrypt).toBe(true);
});

it('an unencrypted session is found even if decrypting it gives garbage', async () => {
  phone.sdkVersion = '2.20.0';
  await settled(phone.createAuth({ appid }).token());
  phone.sdkVersion = '3.0.0';
  const wx: Wechat = {
    ...phone.wx,
    getStorage: (options) =>
      options.encrypt ? options.success!({ data: '\u0007' }) : phone.wx.getStorage!(options),
  };
  await settled(phone.createAuth({ appid, wx }).token());
  expect(phone.loginsAsked).toBe(1);
});

it('a base library without a version stores the session unencrypted', async () => {
  delete phone.wx.getAppBaseInfo;
  await settled(phone.createAuth({ appid }).token());
  expect(phone.stored.get(key)!.encrypt).toBe(false);
});

describe('the client works in memory if the storage', () => {
  const failures: [string, () => void][] = [
    ['is missing', () => void (delete phone.wx.getStorage, delete phone.wx.setStorage)],
    ['is full', () => void (phone.wx.setStorage = ({ fail }) => fail!({ errMsg: 'setStorage:fail' }))],
    [
      'throws',
      () => {
        phone.wx.getStorage = phone.wx.setStorage = () => {
          throw new Error('no storage');
        };
      },
    ],
    ...[
      'garbage',
      '',
      'null',
      '42',
      '{}',
      '{"skew":0,"user":7}',
      '{"skew":0,"user":null,"tokens":{"accessToken":1}}',
      '{"skew":0,"user":null,"out":true}',
      { an: 'object' },
      undefined,
    ].map((data): [string, () => void] => [
      `holds ${JSON.stringify(data)}`,
      () => void phone.stored.set(key, { data, encrypt: true }),
    ]),
  ];

  it.each(failures)('%s', async (_, cause) => {
    cause();
    const auth = phone.createAuth({ appid });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
    await settled(auth.logout());
    await expect(settled(auth.token())).resolves.toBeNull();
    expect(phone.loginsAsked).toBe(1);
  });
});

it('a storage of the page may be synchronous or not; its key names service and mini-program', async () => {
  const kept = new Map<string, string>();
  const storage = {
    get: (name: string) => kept.get(name),
    set: async (name: string, value: string) => void kept.set(name, value),
  };
  await settled(phone.createAuth({ appid, storage }).token());
  expect([...kept.keys()]).toEqual([key]);
  await expect(settled(phone.createAuth({ appid, storage }).token())).resolves.toBe('access 0 1');
  expect(phone.stored.size).toBe(0);
});

describe('if the encrypted storage is full', () => {
  beforeEach(async () => {
    await settled(phone.createAuth({ appid }).token());
    phone.wx.setStorage = ({ key: name, data, encrypt, success, fail }) => {
      if (encrypt) return fail!({ errMsg: 'setStorage:fail exceed limit' });
      phone.stored.set(name, { data, encrypt: false });
      return success!({ errMsg: 'setStorage:ok' });
    };
  });

  it('a sign-out is stored', async () => {
    await settled(phone.createAuth({ appid }).logout());
    await expect(settled(phone.createAuth({ appid }).token())).resolves.toBeNull();
  });

  it('old tokens do not come back, and no token or user is stored unencrypted', async () => {
    phone.service.user.phone = '+8613800138000';
    phone.service.forgetAccessTokens();
    await settled(phone.createAuth({ appid }).request({ url: '/me' }));
    expect(JSON.stringify([...phone.stored])).not.toMatch(/access|refresh|alice|1380013/);
    await settled(phone.createAuth({ appid }).token());
    expect(phone.loginsAsked).toBe(2);
  });
});

it('the last value stays, even if writing is slow', async () => {
  let delay = 1000;
  let kept = '';
  const storage = {
    get: () => kept,
    set: (_: string, value: string) =>
      new Promise<void>((resolve) => {
        setTimeout(
          () => {
            kept = value;
            resolve();
          },
          (delay /= 2),
        );
      }),
  };
  const auth = phone.createAuth({ storage });
  await settled(auth.token());
  await settled(auth.logout());
  expect(JSON.parse(kept)).toMatchObject({ out: 'signed_out', user: null });
});
