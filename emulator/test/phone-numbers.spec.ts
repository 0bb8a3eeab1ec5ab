import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashOfEncryptedData } from '../src/state/phone-numbers.js';
import { appOne, appTwo, decrypt, freezeTime, refusal, useEmulator } from './harness.js';

const emulator = useEmulator();
const exchangePath = '/wxa/business/getuserphonenumber';
const checkPath = '/wxa/business/checkencryptedmsg';
const now = '2026-03-01T08:00:00.000Z';
const watermark = { timestamp: Date.parse(now) / 1000, appid: appOne };

async function tap(input: Record<string, unknown> = {}) {
  const { json } = await emulator.control('POST', '/wx/getPhoneNumber', {
    appid: appOne,
    user: 'anna',
    ...input,
  });
  return json;
}

async function newCode(): Promise<unknown> {
  return (await tap())['code'];
}

async function exchange(body: unknown, appid = appOne) {
  return (await emulator.postWithToken(exchangePath, body, appid)).json;
}

describe('POST /__emulator__/wx/getPhoneNumber', () => {
  it('gives the detail of the button’s event', async () => {
    await emulator.login();
    const detail = await tap();

    expect(Object.keys(detail)).toEqual(['errMsg', 'code', 'encryptedData', 'iv']);
    expect(detail['errMsg']).toBe('getPhoneNumber:ok');
    expect(detail['code']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('encrypts the number, with the country code as text', async () => {
    freezeTime(now);
    await emulator.control('POST', '/users', { id: 'anna', phone: '13800138000', countryCode: 86 });
    const { sessionKey } = await emulator.logIn();

    expect(decrypt(sessionKey, await tap())).toEqual({
      phoneNumber: '13800138000',
      purePhoneNumber: '13800138000',
      countryCode: '86',
      watermark,
    });
  });

  it('gives a code, but no encrypted data, before the first wx.login', async () => {
    expect(Object.keys(await tap())).toEqual(['errMsg', 'code']);
  });

  it('gives no code when the user refuses', async () => {
    expect(await tap({ deny: true })).toEqual({ errMsg: 'getPhoneNumber:fail user deny' });
  });
});

describe('POST /wxa/business/getuserphonenumber', () => {
  it('gives the number of the code, with the time of the tap', async () => {
    freezeTime(now);
    await emulator.control('POST', '/users', { id: 'anna', phone: '13800138000' });
    const code = await newCode();
    await emulator.advance(60);
    const { status, text } = await emulator.postWithToken(exchangePath, { code });

    expect(status).toBe(200);
    expect(text).toBe(
      '{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"13800138000","purePhoneNumber":"13800138000",' +
        `"countryCode":"86","watermark":{"timestamp":${watermark.timestamp},"appid":"${appOne}"}}}`,
    );
  });

  it('puts the country code before a foreign number, in the form that the user has it', async () => {
    await emulator.control('POST', '/users', { id: 'anna', phone: '91234567', countryCode: 852 });

    expect((await exchange({ code: await newCode() }))['phone_info']).toMatchObject({
      phoneNumber: '85291234567',
      purePhoneNumber: '91234567',
      countryCode: 852,
    });
  });

  it('gives the generated number of a user without a number', async () => {
    const { json } = await emulator.control('POST', '/users', { id: 'anna' });

    expect((await exchange({ code: await newCode() }))['phone_info']).toMatchObject({
      purePhoneNumber: json['phone'],
    });
  });

  it('takes the openid of the user whose code it is', async () => {
    const { openid } = await emulator.logIn();

    expect(await exchange({ code: await newCode(), openid })).toHaveProperty('phone_info');
  });

  it('accepts a code for five minutes', async () => {
    freezeTime();
    const [first, second] = [await newCode(), await newCode()];
    await emulator.advance(299);
    expect(await exchange({ code: first })).toHaveProperty('phone_info');

    await emulator.advance(1);
    expect(await exchange({ code: second })).toEqual(refusal(40029, 'invalid code'));
  });

  it('accepts a code once, even if many ask at the same time', async () => {
    const code = await newCode();
    const answers = await Promise.all(Array.from({ length: 5 }, () => exchange({ code })));

    expect(answers.filter((json) => 'phone_info' in json)).toHaveLength(1);
    expect(answers.filter((json) => json['errcode'] === 40029)).toHaveLength(4);
  });

  it('refuses a code of wx.login, and does not use it up', async () => {
    const code = await emulator.login();

    expect(await exchange({ code })).toEqual(refusal(40029, 'invalid code'));
    expect((await emulator.exchange(code)).json).toHaveProperty('openid');
  });

  it('refuses a code of another app with 40013, and does not use it up', async () => {
    const code = await newCode();

    expect(await exchange({ code }, appTwo)).toEqual(refusal(40013, 'invalid appid'));
    expect(await exchange({ code })).toHaveProperty('phone_info');
  });

  it('refuses a code of another user, and does not use it up', async () => {
    const { openid } = await emulator.logIn(appOne, 'bo');
    const code = await newCode();

    expect(await exchange({ code, openid })).toEqual(refusal(40029, 'invalid code'));
    expect(await exchange({ code })).toHaveProperty('phone_info');
  });

  it.each([
    ['no code', {}, 40029, 'invalid code'],
    ['a code nobody knows', { code: '0'.repeat(64) }, 40029, 'invalid code'],
    ['a code that is no text', { code: 5 }, 47001, 'data format error'],
    ['a form', 'code=5', 47001, 'data format error'],
    ['an empty body', '', 44002, 'empty post data'],
  ])('refuses %s', async (_name, body, errcode, message) => {
    expect(await exchange(body)).toEqual(refusal(errcode, message));
  });

  it('is a POST: 43002 for a GET', async () => {
    expect((await emulator.get(exchangePath)).json).toEqual(refusal(43002, 'require POST method'));
  });

  it.each([{ errcode: -1 }, { body: 'truncated' }, { delayMs: 1, httpStatus: 502 }])(
    'leaves the code unspent when a fault answers, and spends it if told to: %j',
    async (fault) => {
      const code = await newCode();
      await emulator.control('POST', '/faults', { path: exchangePath, appid: appOne, times: 1, ...fault });
      await exchange({ code });
      await emulator.control('POST', '/faults', { path: exchangePath, spend: true, times: 1, ...fault });
      const lost = await exchange({ code });

      expect(lost).not.toHaveProperty('phone_info');
      expect(await exchange({ code })).toEqual(refusal(40029, 'invalid code'));
    },
  );
});

async function check(encryptedData: unknown, appid = appOne) {
  const hash = createHash('sha256').update(String(encryptedData)).digest('hex');
  return (await emulator.postWithToken(checkPath, { encrypted_msg_hash: hash }, appid)).json;
}

async function newEncryptedData(): Promise<unknown> {
  await emulator.login();
  return (await tap())['encryptedData'];
}

describe('hashOfEncryptedData', () => {
  it('makes the hash in WeChat’s documentation, of the base64 text', () => {
    const encryptedData =
      'hsSuSUsePBqSQw2rYMtf9Nvha603xX8f2BMQBcYRoJiMNwOqt/UEhrqekebG5ar0LFNAm5MD4Uz6zorRwiXJwbySJ/FEJHav4NsobBIU1PwdjbJW' +
      'VQLFy7+YFkHB32OnQXWMh6ugW7Dyk2KS5BXp1f5lniKPp1KNLyNLlFlNZ2mgJCJmWvHj5AI7BLpWwoRvqRyZvVXo+9FsWqvBdxmAPA==';

    expect(hashOfEncryptedData(encryptedData)).toBe(
      '657edd868c9715a9bebe42b833269a557a48498785397a796f1568c29a200b2c',
    );
  });
});

describe('POST /wxa/business/checkencryptedmsg', () => {
  it('confirms an encrypted number, with its time', async () => {
    freezeTime(now);
    const encryptedData = await newEncryptedData();
    await emulator.advance(60);

    expect(await check(encryptedData)).toEqual({
      errcode: 0,
      errmsg: 'ok',
      vaild: true,
      create_time: watermark.timestamp,
    });
  });

  it('takes the hash in capitals as well, and as often as it is asked', async () => {
    const encryptedData = await newEncryptedData();
    const hash = createHash('sha256').update(String(encryptedData)).digest('hex').toUpperCase();
    await check(encryptedData);

    expect((await emulator.postWithToken(checkPath, { encrypted_msg_hash: hash })).json).toMatchObject({
      vaild: true,
    });
  });

  it('does not confirm the data of another app', async () => {
    expect(await check(await newEncryptedData(), appTwo)).toMatchObject({ errcode: 0, vaild: false });
  });

  it('remembers three days: afterwards 1', async () => {
    freezeTime();
    const encryptedData = await newEncryptedData();
    await emulator.advance(3 * 86_400 - 1);
    expect(await check(encryptedData)).toMatchObject({ vaild: true });

    await emulator.advance(1);
    expect(await check(encryptedData)).toEqual(refusal(1, 'data not exit'));
  });

  it('returns 1 for data that is not from WeChat, or not a phone number', async () => {
    await emulator.login();
    const { json } = await emulator.control('POST', '/wx/getUserInfo', { appid: appOne, user: 'anna' });

    expect(await check('made up')).toEqual(refusal(1, 'data not exit'));
    expect(await check(json['encryptedData'])).toEqual(refusal(1, 'data not exit'));
  });

  it.each([
    ['no hash', {}, 40097, 'invalid args'],
    ['a hash that is none', { encrypted_msg_hash: 'x' }, 40097, 'invalid args'],
    ['a hash that is no text', { encrypted_msg_hash: 5 }, 47001, 'data format error'],
    ['an empty body', '', 44002, 'empty post data'],
  ])('refuses %s', async (_name, body, errcode, message) => {
    expect((await emulator.postWithToken(checkPath, body)).json).toEqual(refusal(errcode, message));
  });
});
