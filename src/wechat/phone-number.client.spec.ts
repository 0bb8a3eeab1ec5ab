import { MockAgent } from 'undici';
import { describe, expect, it, vi } from 'vitest';
import { failureOf, useWechatRoom } from './testing/wechat-room.js';
import { cake, tea } from '../../test/harness/world.js';
import { PhoneNumberClient } from './phone-number.client.js';
import { WechatResilience } from './wechat-resilience.js';

const path = '/wxa/business/getuserphonenumber';

describe('PhoneNumberClient', () => {
  const room = useWechatRoom();

  /** What a tap on the button gives. */
  function tap(user = 'anna', appid: string = tea.appid): { code: string; encryptedData: string } {
    const { code, encryptedData } = room.emulator.phone.getPhoneNumber(appid, user);
    return { code: code!, encryptedData: encryptedData! };
  }

  async function redeem(code: string, user = 'anna') {
    const { openid } = await room.login(user);
    return room.get(PhoneNumberClient).getPhoneNumber(tea, { code, openid });
  }

  it.each([86, '86'])('turns a code into the number, the country code being %j', async (countryCode) => {
    room.emulator.wechat.users.save({ id: 'anna', phone: '13800138000', countryCode });
    expect(await redeem(tap().code)).toEqual({
      purePhoneNumber: '13800138000',
      countryCode: '86',
    });
  });

  it('tells a number abroad with and without its country code', async () => {
    room.emulator.wechat.users.save({ id: 'anna', phone: '51234567', countryCode: '852' });
    expect(await redeem(tap().code)).toEqual({
      purePhoneNumber: '51234567',
      countryCode: '852',
    });
  });

  it.each<[string, () => string]>([
    ['of another person', () => tap('bert').code],
    ['of another mini-program', () => tap('anna', cake.appid).code],
    ['of wx.login', () => room.emulator.phone.login(tea.appid, 'anna').code],
    ['that nobody handed out', () => 'deliberately-bad'],
  ])('refuses a code %s', async (_, code) => {
    expect((await failureOf(redeem(code()))).error).toMatchObject({ code: 'phone_code_invalid' });
  });

  it('refuses a code that was used, and one of five minutes ago', async () => {
    const { code } = tap();
    await redeem(code);
    expect((await failureOf(redeem(code))).error).toMatchObject({ code: 'phone_code_invalid' });
    const { code: late } = tap();
    room.advance(300);
    expect((await failureOf(redeem(late))).error).toMatchObject({ code: 'phone_code_invalid' });
  });

  it.each([
    [45011, { code: 'rate_limited', retryAfter: 60 }],
    [45009, { code: 'wechat_unavailable' }],
    [48001, { code: 'wechat_misconfigured' }],
  ])('answers %i with an error of its own', async (errcode, expected) => {
    room.fault({ path, errcode, times: 1 });
    expect((await failureOf(redeem(tap().code))).error).toMatchObject(expected);
  });

  it.each<[string, object]>([
    ['is busy', { errcode: -1 }],
    ['loses the connection', { reset: true }],
    ['loses its answer', { reset: true, spend: true }],
    ['answers with half a body', { body: 'truncated' }],
  ])('does not send a code a second time where WeChat %s', async (_, fault) => {
    room.fault({ path, ...fault, times: 1 });
    expect((await failureOf(redeem(tap().code))).error).toMatchObject({ code: 'wechat_unavailable' });
    expect(room.received(path)).toHaveLength(1);
  });

  it('does not send a code whose caller has been told that it took too long', async () => {
    const attempt = vi.fn<() => Promise<void>>();
    const call = room
      .get(WechatResilience)
      .make({ appid: tea.appid, path, isNonIdempotent: true }, attempt, AbortSignal.abort());
    expect((await failureOf(call)).error).toMatchObject({ failure: 'timed_out' });
    expect(attempt).not.toHaveBeenCalled();
  });

  it('sends a code again where WeChat has refused the access_token, and looked no further', async () => {
    const { openid } = await room.login();
    const { code } = tap();
    room.fault({ path, errcode: 42001, times: 1 });
    await expect(room.get(PhoneNumberClient).getPhoneNumber(tea, { code, openid })).resolves.toMatchObject({
      countryCode: '86',
    });
    expect(room.received(path)).toHaveLength(2);
  });

  it('knows what WeChat has encrypted from what it has not', async () => {
    await room.login();
    const { encryptedData } = tap();
    const client = room.get(PhoneNumberClient);
    expect(await client.checkEncryptedData(tea, encryptedData)).toBe(true);
    expect(await client.checkEncryptedData(cake, encryptedData), 'for another mini-program').toBe(false);
    const changed = `${encryptedData.startsWith('A') ? 'B' : 'A'}${encryptedData.slice(1)}`;
    expect(await client.checkEncryptedData(tea, changed), 'changed on the way').toBe(false);
    room.advance(3 * 86_400);
    expect(await client.checkEncryptedData(tea, encryptedData), 'three days later').toBe(false);
  });

  describe('with answers that WeChat does not give', () => {
    const goodInfo = {
      phoneNumber: '13800138000',
      purePhoneNumber: '13800138000',
      countryCode: 86,
      watermark: { timestamp: 1, appid: tea.appid },
    };

    /** A WeChat that answers the path as told. */
    async function answering(answers: object[], failures = 0, at = path): Promise<void> {
      const agent = new MockAgent();
      agent.disableNetConnect();
      const pool = agent.get(room.emulator.url);
      const paths = (wanted: string) => (target: string) => target.split('?')[0] === wanted;
      const token = { access_token: 'the-token', expires_in: 7_200 };
      pool.intercept({ path: paths('/cgi-bin/stable_token'), method: 'POST' }).reply(200, token);
      for (let failure = 0; failure < failures; failure += 1) {
        pool
          .intercept({ path: paths(at), method: 'POST' })
          .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      }
      for (const answer of answers) {
        pool.intercept({ path: paths(at), method: 'POST' }).reply(200, answer);
      }
      await room.open({ pool });
    }

    const redeemHere = () =>
      room.get(PhoneNumberClient).getPhoneNumber(tea, { code: 'the-code', openid: 'the-openid' });

    it('sends a code again where the connection was refused', async () => {
      await answering([{ errcode: 0, errmsg: 'ok', phone_info: goodInfo }], 2);
      await expect(redeemHere()).resolves.toMatchObject({ purePhoneNumber: '13800138000' });
    });

    it.each<[string, object]>([
      ['nothing but an ok', {}],
      ['null', { phone_info: null }],
      ['no number', { phone_info: { ...goodInfo, purePhoneNumber: undefined } }],
      ['an empty number', { phone_info: { ...goodInfo, purePhoneNumber: '' } }],
      ['a number that is none', { phone_info: { ...goodInfo, purePhoneNumber: 13800138000 } }],
      ['no country code', { phone_info: { ...goodInfo, countryCode: undefined } }],
      ['no watermark', { phone_info: { ...goodInfo, watermark: undefined } }],
      ["another mini-program's", { phone_info: { ...goodInfo, watermark: { appid: cake.appid } } }],
    ])('takes %s for a malformed answer', async (_, answer) => {
      await answering([{ errcode: 0, errmsg: 'ok', ...answer }]);
      expect((await failureOf(redeemHere())).error).toMatchObject({ failure: 'malformed' });
    });

    it.each([40013, 40163, 40003])('takes %i for a bad code', async (errcode) => {
      await answering([{ errcode, errmsg: 'no' }]);
      expect((await failureOf(redeemHere())).error).toMatchObject({ code: 'phone_code_invalid' });
    });

    it('repeats nothing of the request where the answer quotes it', async () => {
      await answering([{ errcode: 99_999, errmsg: 'the-code the-openid the-token' }]);
      const { printed } = await failureOf(redeemHere());
      expect(printed).toContain('99999 (*** *** ***)');
      expect(printed + room.log).not.toMatch(/the-(code|openid|token)/);
    });

    it('takes no verdict on encrypted data for a malformed answer', async () => {
      await answering([{ errcode: 0, errmsg: 'ok', vaild: 1 }], 0, '/wxa/business/checkencryptedmsg');
      const call = room.get(PhoneNumberClient).checkEncryptedData(tea, 'AAAA');
      expect((await failureOf(call)).error).toMatchObject({ failure: 'malformed' });
    });
  });
});
