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

it('the next launch goes on with the session and the person of the last', async () => {
  await settled(phone.createAuth({ appid }).token());
  const auth = phone.createAuth({ appid });
  await expect(settled(auth.token())).resolves.toBe('access 0 1');
  expect(auth.user).toMatchObject({ id: 'alice' });
  expect(phone.loginsAsked).toBe(1);
});

it('a renewed token is what the next launch has', async () => {
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
])('base library %s keeps it encrypted: %s', async (version, encrypt) => {
  phone.sdkVersion = version;
  await settled(phone.createAuth({ appid }).token());
  expect(phone.stored.get(key)!.encrypt).toBe(encrypt);
  await settled(phone.createAuth({ appid }).token());
  expect(phone.loginsAsked).toBe(1);
});

it('what an older base library kept in the open is read, and encrypted when it changes', async () => {
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

it('what lies open is found even where reading it as encrypted gives garbage', async () => {
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

it('a base library that cannot tell its version keeps it unencrypted', async () => {
  delete phone.wx.getAppBaseInfo;
  await settled(phone.createAuth({ appid }).token());
  expect(phone.stored.get(key)!.encrypt).toBe(false);
});

describe('everything works in memory where the storage', () => {
  const trouble: [string, () => void][] = [
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

  it.each(trouble)('%s', async (_, cause) => {
    cause();
    const auth = phone.createAuth({ appid });
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
    await settled(auth.logout());
    await expect(settled(auth.token())).resolves.toBeNull();
    expect(phone.loginsAsked).toBe(1);
  });
});

it('a storage of the page’s own may answer at once or later, under a key for service and mini-program', async () => {
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

describe('where there is no more room for what is encrypted', () => {
  beforeEach(async () => {
    await settled(phone.createAuth({ appid }).token());
    phone.wx.setStorage = ({ key: name, data, encrypt, success, fail }) => {
      if (encrypt) return fail!({ errMsg: 'setStorage:fail exceed limit' });
      phone.stored.set(name, { data, encrypt: false });
      return success!({ errMsg: 'setStorage:ok' });
    };
  });

  it('a sign-out is kept', async () => {
    await settled(phone.createAuth({ appid }).logout());
    await expect(settled(phone.createAuth({ appid }).token())).resolves.toBeNull();
  });

  it('neither do old tokens come back, nor do new ones or the person lie open', async () => {
    phone.service.user.phone = '+8613800138000';
    phone.service.forgetAccessTokens();
    await settled(phone.createAuth({ appid }).request({ url: '/me' }));
    expect(JSON.stringify([...phone.stored])).not.toMatch(/access|refresh|alice|1380013/);
    await settled(phone.createAuth({ appid }).token());
    expect(phone.loginsAsked).toBe(2);
  });
});

it('what is written last stays, however slow the writing is', async () => {
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
