import { describe, expect, it } from 'vitest';
import { appOne, appTwo, freezeTime, refusal, useEmulator } from './harness.js';

const emulator = useEmulator();
const path = '/wxa/msg_sec_check';

async function bodyBy(user: string, changes: Record<string, unknown> = {}) {
  const { openid } = await emulator.logIn(appOne, user);
  return { version: 2, openid, scene: 1, content: 'hello', ...changes };
}

/** What WeChat says to a text of anna's, who has just logged in. */
async function check(changes: Record<string, unknown> = {}) {
  return (await emulator.postWithToken(path, await bodyBy('anna', changes))).json;
}

async function verdictOn(changes: Record<string, unknown>): Promise<unknown> {
  return (await check(changes))['result'];
}

const pass = { suggest: 'pass', label: 100 };
const risky = { suggest: 'risky', label: 21000 };
const review = { suggest: 'review', label: 21000 };

describe('POST /wxa/msg_sec_check', () => {
  it('passes a text without a word of the list', async () => {
    const answer = await check();

    expect(answer).toEqual({
      errcode: 0,
      errmsg: 'ok',
      detail: [
        { strategy: 'keyword', errcode: 0 },
        { strategy: 'content_model', errcode: 0, ...pass, prob: 90 },
      ],
      trace_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{8}){2}$/),
      result: pass,
    });
  });

  it('answers errcode 0 and risky to a text with a bad word', async () => {
    expect(await check({ content: '一个违禁词。' })).toMatchObject({
      errcode: 0,
      errmsg: 'ok',
      detail: [
        { strategy: 'keyword', errcode: 0, ...risky, level: 90, keyword: '违禁词' },
        { strategy: 'content_model', errcode: 0, ...risky, prob: 90 },
      ],
      result: risky,
    });
  });

  it('answers review to a text with a doubtful word, unless it also has a bad one', async () => {
    expect(await verdictOn({ content: '可疑词' })).toEqual(review);
    expect(await verdictOn({ content: '可疑词和违禁词' })).toEqual(risky);
  });

  it('uses the words that were set', async () => {
    const contentWords = [
      { word: 'rascal', label: 20003 },
      { word: 'cheap', suggest: 'review' },
    ];
    await emulator.control('POST', '/settings', { contentWords });

    expect(await verdictOn({ content: 'you rascal' })).toEqual({ suggest: 'risky', label: 20003 });
    expect(await verdictOn({ content: 'cheap' })).toEqual(review);
    expect(await verdictOn({ content: '违禁词' })).toEqual(pass);
  });

  it('checks title, nickname and, only on a profile, signature', async () => {
    expect(await verdictOn({ title: '违禁词' })).toEqual(risky);
    expect(await verdictOn({ nickname: '违禁词' })).toEqual(risky);
    expect(await verdictOn({ signature: '违禁词' })).toEqual(risky);
    expect(await verdictOn({ signature: '违禁词', scene: 2 })).toEqual(pass);
  });

  it('does not decode \\uXXXX: a text in that form passes', async () => {
    const body = JSON.stringify(await bodyBy('anna', { content: '"违禁词"' }));
    const escaped = body.replaceAll('违', '\\u8fdd');

    expect((await emulator.postWithToken(path, body)).json['result']).toEqual(risky);
    expect((await emulator.postWithToken(path, escaped)).json['result']).toEqual(pass);
  });

  it('refuses the text of a user whose last wx.login was two hours ago with 61010, until the next', async () => {
    freezeTime();
    const body = await bodyBy('anna');
    await emulator.advance(7199);
    expect((await emulator.postWithToken(path, body)).json['errcode']).toBe(0);

    await emulator.advance(1);
    expect((await emulator.postWithToken(path, body)).json).toEqual(refusal(61010, 'code is expired'));

    await emulator.login();
    expect((await emulator.postWithToken(path, body)).json['errcode']).toBe(0);
  });

  it('refuses the openid of another app with 43104', async () => {
    const body = await bodyBy('anna');

    expect((await emulator.postWithToken(path, body, appTwo)).json).toEqual(
      refusal(43104, 'this appid does not have permission'),
    );
  });

  it.each([
    ['no openid', { openid: undefined }, 40003, 'invalid openid'],
    ['an openid nobody has', { openid: 'oooooooooooooooooooooooooooo' }, 40003, 'invalid openid'],
    ['no scene', { scene: undefined }, 40129, 'invalid scene'],
    ['a scene that is none', { scene: 5 }, 40129, 'invalid scene'],
    ['no content', { content: undefined }, 44002, 'empty post data'],
    ['a content that is no text', { content: 5 }, 47001, 'data format error'],
    ['a content of 2501 characters', { content: '字'.repeat(2501) }, 47001, 'data format error'],
    ['another version', { version: 3 }, 47001, 'data format error'],
  ])('refuses %s', async (_name, changes, errcode, message) => {
    expect(await check(changes)).toEqual(refusal(errcode, message));
  });

  it('takes a content of 2500 characters', async () => {
    expect((await check({ content: '𠮷'.repeat(2500) }))['errcode']).toBe(0);
  });

  describe('without a version, as before 2021', () => {
    it('refuses a text with a bad word with 87014', async () => {
      const { json } = await emulator.postWithToken(path, { content: '违禁词' });

      expect(json).toEqual(refusal(87014, 'risky content'));
    });

    it('answers ok to any other text, and needs no openid', async () => {
      const { text } = await emulator.postWithToken(path, { content: '可疑词' });

      expect(text).toBe('{"errcode":0,"errmsg":"ok"}');
    });
  });
});
