import { describe, expect, it } from 'vitest';
import { failureOf, useWechatRoom } from './testing/wechat-room.js';
import { cake, tea } from '../../test/harness/world.js';
import { TextCheckClient } from './text-check.client.js';

const path = '/wxa/msg_sec_check';

describe('TextCheckClient', () => {
  const room = useWechatRoom();

  async function check(text: string, app: typeof tea | typeof cake = tea) {
    const { openid } = await room.login('anna', app);
    return room.get(TextCheckClient).checkText(app, { openid, text });
  }

  it.each([
    ['安娜🍵', 'pass'],
    ['一个违禁词🍵', 'risky'],
    ['一个可疑词🍵', 'review'],
  ])('finds %s fit or not: %s', async (text, verdict) => {
    expect(await check(text)).toBe(verdict);
  });

  it('lets nothing pass but what WeChat says may pass, whatever else it comes to say', async () => {
    Object.assign(room.emulator.wechat.settings, {
      contentWords: [{ word: '违禁词', suggest: 'block', label: 1 }],
    });
    expect(await check('违禁词')).toBe('risky');
  });

  it('asks as the second version wants it', async () => {
    const { openid } = await room.login();
    await room.get(TextCheckClient).checkText(tea, { openid, text: '安娜' });
    expect(room.received(path)).toEqual([{ version: 2, scene: 1, openid, content: '安娜' }]);
  });

  it('escapes nothing, not even half of an emoji', async () => {
    await check('安娜\ud83c');
    expect(room.received(path)).toEqual([expect.objectContaining({ content: '安娜\ufffd' })]);
  });

  it('asks for a login where WeChat has not seen the person for two hours', async () => {
    const { openid } = await room.login();
    room.advance(7_200);
    const call = room.get(TextCheckClient).checkText(tea, { openid, text: '安娜' });
    expect((await failureOf(call)).error).toMatchObject({ code: 'login_again' });
  });

  it.each([48001, 43104])(
    'skips a mini-program that may not ask (%i), and asks again after six hours',
    async (errcode) => {
      room.fault({ path, errcode, appid: tea.appid, times: 1 });
      expect(await check('违禁词')).toBe('skipped');
      expect(room.log).toContain(`${tea.appid}: WeChat answered ${errcode}`);
      room.advance(6 * 3_600 - 1);
      expect(await check('违禁词')).toBe('skipped');
      expect(room.received(path)).toHaveLength(1);
      expect(await check('违禁词', cake), 'another mini-program').toBe('risky');
      room.advance(1);
      expect(await check('违禁词')).toBe('risky');
    },
  );

  it('takes the first version’s refusal for a verdict', async () => {
    room.fault({ path, errcode: 87014, times: 1 });
    expect(await check('安娜')).toBe('risky');
  });

  it.each([
    [45011, { code: 'rate_limited' }],
    [45009, { code: 'wechat_unavailable', failure: 'quota' }],
    [0, { code: 'wechat_unavailable', failure: 'malformed' }],
  ])('answers %i with an error of its own, and passes nothing', async (errcode, expected) => {
    room.fault({ path, errcode, times: 1 });
    expect((await failureOf(check('安娜'))).error).toMatchObject(expected);
  });

  it('asks again where WeChat is busy', async () => {
    room.fault({ path, errcode: -1, times: 2 });
    expect(await check('违禁词')).toBe('risky');
  });
});
