import { describe, expect, it } from 'vitest';
import { failureOf, useWechatRoom } from './testing/wechat-room.js';
import { tea } from '../../test/harness/world.js';
import { SessionKeyClient } from './session-key.client.js';

const reset = '/wxa/resetusersessionkey';

describe('SessionKeyClient', () => {
  const room = useWechatRoom();
  const check = (openid: string, sessionKey: string) =>
    room.get(SessionKeyClient).checkSessionKey(tea, openid, sessionKey);
  const renew = (openid: string, sessionKey: string) =>
    room.get(SessionKeyClient).resetUserSessionKey(tea, openid, sessionKey);

  it('tells the valid session_key from one that was replaced', async () => {
    const old = await room.login();
    expect(await check(old.openid, old.sessionKey)).toBe(true);
    const { openid, sessionKey } = await room.login();
    expect(await check(openid, old.sessionKey)).toBe(false);
    expect(await check(openid, sessionKey)).toBe(true);
  });

  it.each([87007, 87009])('takes %i for a key that is not valid any more', async (errcode) => {
    const { openid, sessionKey } = await room.login();
    room.fault({ path: '/wxa/checksession', errcode, times: 1 });
    expect(await check(openid, sessionKey)).toBe(false);
  });

  it.each([
    [45011, { code: 'rate_limited', retryAfter: 60 }],
    [45009, { code: 'wechat_unavailable', failure: 'quota' }],
    [41001, { code: 'wechat_misconfigured' }],
    [48001, { code: 'wechat_misconfigured' }],
    [99_999, { code: 'wechat_unavailable', failure: 'unknown_errcode' }],
  ])('answers %i with an error of its own', async (errcode, expected) => {
    const { openid, sessionKey } = await room.login();
    room.fault({ path: '/wxa/checksession', errcode, times: 1 });
    expect((await failureOf(check(openid, sessionKey))).error).toMatchObject(expected);
  });

  it('asks again where WeChat is busy or the connection is lost', async () => {
    const { openid, sessionKey } = await room.login();
    room.fault({ path: '/wxa/checksession', errcode: -1, times: 1 });
    room.fault({ path: '/wxa/checksession', reset: true, times: 1 });
    expect(await check(openid, sessionKey)).toBe(true);
  });

  it('replaces the session_key', async () => {
    const { openid, sessionKey } = await room.login();
    const renewed = await renew(openid, sessionKey);
    expect(await check(openid, renewed.sessionKey)).toBe(true);
    expect(await check(openid, sessionKey)).toBe(false);
  });

  it('cannot replace a session_key that is not valid any more: the person must log in again', async () => {
    const { openid, sessionKey } = await room.login();
    await room.login();
    expect((await failureOf(renew(openid, sessionKey))).error).toMatchObject({ code: 'login_again' });
  });

  it('asks for a login where the answer with the new session_key was lost', async () => {
    const { openid, sessionKey } = await room.login();
    room.fault({ path: reset, reset: true, spend: true, times: 1 });
    expect((await failureOf(renew(openid, sessionKey))).error).toMatchObject({ code: 'login_again' });
  });
});
