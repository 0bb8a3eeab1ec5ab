import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encryptOpenData, signRawData } from '../src/phone/open-data.js';
import { appAlone, appOne, decrypt, freezeTime, useEmulator } from './harness.js';

const emulator = useEmulator();
const now = '2026-03-01T08:00:00.000Z';
const watermark = { timestamp: Date.parse(now) / 1000, appid: appOne };

async function onPhone(name: string, input: Record<string, unknown> = {}) {
  const { json } = await emulator.control('POST', `/wx/${name}`, { appid: appOne, user: 'anna', ...input });
  return json;
}

describe('encryptOpenData', () => {
  it('makes the ciphertext of WeChat’s demo', () => {
    const payload = {
      openId: 'oGZUI0egBJY1zhBYw2KhdUfwVJJE',
      nickName: 'Band',
      gender: 1,
      language: 'zh_CN',
      city: 'Guangzhou',
      province: 'Guangdong',
      country: 'CN',
      avatarUrl:
        'http://wx.qlogo.cn/mmopen/vi_32/aSKcBBPpibyKNicHNTMM0qJVh8Kjgiak2AHWr8MHM4WgMEm7GFhsf8OYrySdbvAMvTsw3mo8ibKicsnfN5pRjl1p8HQ/0',
      unionId: 'ocMvos6NjeKLIBqg5Mr9QjxrP1FA',
      watermark: { timestamp: 1477314187, appid: 'wx4f4bc4dec97d474b' },
    };
    const iv = Buffer.from('r7BXXKkLb8qrSNn05n0qiA==', 'base64');

    expect(encryptOpenData(payload, 'tiihtNczf5v6AKRyjwEUhQ==', iv)).toEqual({
      encryptedData:
        'CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4l' +
        'GOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInN' +
        'lxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/' +
        'r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7Xjf' +
        'hQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==',
      iv: 'r7BXXKkLb8qrSNn05n0qiA==',
    });
  });
});

describe('signRawData', () => {
  it('makes the signature in WeChat’s documentation', () => {
    const rawData =
      '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN",' +
      '"avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}';

    expect(signRawData(rawData, 'HyVFkGl5F5OQWJZZaNzBBg==')).toBe('75e81ceda165f4ffa64f4068af58c64b8f54b88c');
  });
});

describe.each(['getUserInfo', 'getUserProfile'])('POST /__emulator__/wx/%s', (name) => {
  it('gives every user the nickname 微信用户', async () => {
    await emulator.control('POST', '/users', { id: 'anna', nickname: '安娜' });
    const { errMsg, userInfo, rawData } = await onPhone(name);

    expect(errMsg).toBe(`${name}:ok`);
    expect(userInfo).toEqual({
      nickName: '微信用户',
      gender: 0,
      language: 'zh_CN',
      city: '',
      province: '',
      country: '',
      avatarUrl: expect.stringMatching(/^https:\/\/thirdwx\.qlogo\.cn\/.+\/132$/),
      is_demote: true,
    });
    expect(JSON.parse(String(rawData))).toEqual(userInfo);
  });

  it('signs the raw data with the session key as text', async () => {
    const { sessionKey } = await emulator.logIn();
    const { rawData, signature } = await onPhone(name);

    expect(signature).toBe(
      createHash('sha1')
        .update(`${String(rawData)}${sessionKey}`)
        .digest('hex'),
    );
  });

  it('encrypts the same data, with a watermark in the emulator’s time', async () => {
    freezeTime(now);
    const { sessionKey } = await emulator.logIn();
    const answer = await onPhone(name);

    expect(decrypt(sessionKey, answer)).toMatchObject({ ...Object(answer['userInfo']), watermark });
  });

  it('encrypts with another iv every time', async () => {
    await emulator.login();
    const [first, second] = [await onPhone(name), await onPhone(name)];

    expect(Buffer.from(String(first['iv']), 'base64')).toHaveLength(16);
    expect(second['iv']).not.toBe(first['iv']);
    expect(second['encryptedData']).not.toBe(first['encryptedData']);
  });

  it('encrypts with the present key, which a later login has replaced', async () => {
    const { sessionKey: old } = await emulator.logIn();
    const { sessionKey } = await emulator.logIn();
    const answer = await onPhone(name);

    expect(() => decrypt(old, answer)).toThrow(/bad decrypt|JSON/);
    expect(decrypt(sessionKey, answer)).toHaveProperty('watermark');
  });

  it('signs and encrypts nothing before the first wx.login', async () => {
    await emulator.control('POST', '/session-keys/rotate', { appid: appOne, user: 'anna' });

    expect(Object.keys(await onPhone(name))).toEqual(['errMsg', 'rawData', 'userInfo']);
  });
});

describe('the encrypted data of wx.getUserInfo', () => {
  it('has the openId, and the unionId if the app is bound', async () => {
    const anna = await emulator.exchange(await emulator.login());
    const payload = decrypt(String(anna.json['session_key']), await onPhone('getUserInfo'));

    expect(payload).toMatchObject({ openId: anna.json['openid'], unionId: anna.json['unionid'] });
  });

  it('has no unionId if the app is not bound, or the user withholds it', async () => {
    const alone = await emulator.logIn(appAlone);
    const unbound = decrypt(alone.sessionKey, await onPhone('getUserInfo', { appid: appAlone }));
    await emulator.control('POST', '/users', { id: 'anna', unionid: false });
    const { sessionKey } = await emulator.logIn();
    const withheld = decrypt(sessionKey, await onPhone('getUserInfo'));

    expect(unbound).toMatchObject({ openId: alone.openid });
    expect(unbound).not.toHaveProperty('unionId');
    expect(withheld).not.toHaveProperty('unionId');
  });

  it('is left out with withCredentials: false', async () => {
    await emulator.login();

    expect(Object.keys(await onPhone('getUserInfo', { withCredentials: false }))).toEqual([
      'errMsg',
      'rawData',
      'userInfo',
      'signature',
    ]);
  });
});

describe('the encrypted data of wx.getUserProfile', () => {
  it('has no ids', async () => {
    const { sessionKey } = await emulator.logIn();
    const payload = decrypt(sessionKey, await onPhone('getUserProfile'));

    expect(payload).not.toHaveProperty('openId');
    expect(payload).not.toHaveProperty('unionId');
  });
});

describe('POST /__emulator__/wx/getWeRunData', () => {
  it('gives the steps of 31 days that begin at midnight in Beijing, today’s last', async () => {
    freezeTime(now);
    const { sessionKey } = await emulator.logIn();
    const answer = await onPhone('getWeRunData');
    const payload = decrypt(sessionKey, answer);
    const days = Array.from({ length: 31 }, (_, day) => {
      const midnight = new Date(Date.UTC(2026, 0, 30 + day)).toISOString().slice(0, 10);
      return { timestamp: Date.parse(`${midnight}T00:00:00+08:00`) / 1000, step: expect.any(Number) };
    });

    expect(Object.keys(answer)).toEqual(['errMsg', 'encryptedData', 'iv']);
    expect(answer['errMsg']).toBe('getWeRunData:ok');
    expect(payload).toEqual({ stepInfoList: expect.any(Array), watermark });
    expect(payload['stepInfoList']).toEqual(days);
  });

  it('gives a user the same steps in every run', async () => {
    freezeTime(now);
    const { sessionKey } = await emulator.logIn();
    const { stepInfoList } = decrypt(sessionKey, await onPhone('getWeRunData'));

    expect(Object(stepInfoList)[30]).toEqual({ timestamp: 1772294400, step: 11567 });
  });

  it('fails before the first wx.login', async () => {
    expect(await onPhone('getWeRunData')).toEqual({
      errMsg: 'getWeRunData:fail wx.login has not been called',
    });
  });
});
