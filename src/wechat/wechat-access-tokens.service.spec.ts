import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { failureOf, useWechatRoom } from './testing/wechat-room.js';
import { cake, tea } from '../../test/harness/world.js';
import { WechatAccessTokensService } from './wechat-access-tokens.service.js';
import { PhoneNumberClient } from './phone-number.client.js';
import { SessionKeyClient } from './session-key.client.js';
import type { WechatClient } from './wechat.client.js';
import { WechatApiError } from './wechat-api.error.js';
import { WechatUnavailableError } from './wechat.errors.js';

const stableToken = '/cgi-bin/stable_token';
const checkSession = '/wxa/checksession';

describe('the access_token', () => {
  const room = useWechatRoom();

  /** The token with which a piece of work is done. */
  async function tokenInUse(app: { appid: string; secret: string } = tea): Promise<string> {
    let used = '';
    await room.get(WechatAccessTokensService).use(app, (accessToken) => {
      used = accessToken;
      return Promise.resolve({});
    });
    return used;
  }

  /** So many checks of one session_key at once. */
  async function checkTimes(times: number): Promise<boolean[]> {
    const { openid, sessionKey } = await room.login();
    const client = room.get(SessionKeyClient);
    return Promise.all(Array.from({ length: times }, () => client.checkSessionKey(tea, openid, sessionKey)));
  }

  const check = () => checkTimes(1);

  /**
   * Where the order of things must be exact: a WeChat that gives these tokens one after the other, fails after the
   * last, and refuses those.
   */
  function useStub({ given, refused = [] }: { given: string[]; refused?: string[] }) {
    const getStableAccessToken = vi.fn<WechatClient['getStableAccessToken']>(async () => {
      const accessToken = given.shift();
      await setImmediate();
      if (accessToken === undefined) throw new WechatUnavailableError('busy');
      return { accessToken, expiresIn: 7_200 };
    });
    const tokens = new WechatAccessTokensService({ getStableAccessToken } as unknown as WechatClient);
    return {
      use: () =>
        tokens.use(tea, async (token) =>
          refused.includes(token) ? new WechatApiError(40001, 'invalid credential') : { token },
        ),
      /** Each time it was asked, and whether by force. */
      asked: () => getStableAccessToken.mock.calls.map(([, forceRefresh]) => forceRefresh),
    };
  }

  it('is fetched once for all who wait for it, and kept for all who come later', async () => {
    expect(await checkTimes(50)).toEqual(Array(50).fill(true));
    expect(await checkTimes(1)).toEqual([true]);
    expect(room.received(stableToken)).toEqual([expect.objectContaining({ force_refresh: false })]);
  });

  it('is replaced by another server amid 50 calls: all succeed, and one fetch is made', async () => {
    await check();
    room.evictAccessToken();
    room.fault({ path: checkSession, delayMs: 100, times: 25 });
    expect(await checkTimes(50)).toEqual(Array(50).fill(true));
    expect(room.received(stableToken)).toHaveLength(2);
    expect(room.received(checkSession), 'each was repeated once').toHaveLength(1 + 2 * 50);
  });

  it('has run out by WeChat’s clock: the call succeeds with a new one', async () => {
    await check();
    room.emulator.wechat.clock.advance(7_200);
    expect(await check()).toEqual([true]);
    expect(room.received(stableToken)).toHaveLength(2);
  });

  it.each([40001, 40014, 42001])('is refused with %i and replaced', async (errcode) => {
    await check();
    room.fault({ path: checkSession, errcode, times: 1 });
    expect(await check()).toEqual([true]);
  });

  it('is asked for again where WeChat is busy, and the call succeeds', async () => {
    room.fault({ path: stableToken, errcode: -1, times: 2 });
    expect(await check()).toEqual([true]);
  });

  it('cannot be had while WeChat is busy, and is asked for again by the next call', async () => {
    room.fault({ path: stableToken, errcode: -1, times: 3 });
    const failures = await Promise.all([failureOf(check()), failureOf(check())]);
    for (const { error } of failures) {
      expect(error).toMatchObject({ code: 'wechat_unavailable', failure: 'busy' });
    }
    expect(room.received(checkSession)).toEqual([]);
    expect(await check()).toEqual([true]);
  });

  it('is over its quota: the call ends as wechat_unavailable', async () => {
    room.fault({ path: stableToken, errcode: 45009, times: 1 });
    expect((await failureOf(check())).error).toMatchObject({
      code: 'wechat_unavailable',
      failure: 'quota',
      retryAfter: 60,
    });
    expect((await failureOf(check())).error, 'not asked again meanwhile').toMatchObject({ failure: 'quota' });
    expect(room.received(stableToken)).toHaveLength(1);
  });

  it('is refused for a wrong secret: the call ends as wechat_misconfigured', async () => {
    room.fault({ path: stableToken, errcode: 40125, times: 1 });
    expect((await failureOf(check())).error).toMatchObject({ code: 'wechat_misconfigured' });
  });

  it('does not come: calls end in time, and logins wait for nothing even where one call may be under way', async () => {
    await room.open({ wechatMaxConcurrency: 1 });
    room.fault({ path: stableToken, delayMs: 30_000, times: 1 });
    const failure = failureOf(check());
    await expect.poll(() => room.received(stableToken)).toHaveLength(1);
    let loggedIn = false;
    const login = room.login('bert').then(() => (loggedIn = true));
    const { error } = await failure;
    expect(loggedIn, 'while the token was waited for').toBe(true);
    expect(error).toMatchObject({ code: 'wechat_unavailable', failure: 'timed_out' });
    await login;
    expect(await check()).toEqual([true]);
  });

  it('takes no turn: where one call may be under way, calls wait for it and for each other', async () => {
    await room.open({ wechatMaxConcurrency: 1 });
    expect(await checkTimes(2)).toEqual([true, true]);
    room.evictAccessToken();
    expect(await checkTimes(2)).toEqual([true, true]);
  });

  describe('that WeChat refuses and gives again', () => {
    /** Has one call refused, although WeChat sees nothing wrong with its token. */
    async function refusedOnce(): Promise<unknown> {
      room.fault({ path: checkSession, errcode: 40001, times: 1 });
      return check().catch((error: unknown) => error);
    }
    const forced = () =>
      room.received(stableToken).filter((body) => (body as { force_refresh: boolean }).force_refresh);

    it('is replaced by force, once an hour', async () => {
      await check();
      expect(await refusedOnce()).toEqual([true]);
      expect(forced()).toHaveLength(1);

      room.advance(3_500);
      expect(await refusedOnce()).toMatchObject({ code: 'wechat_unavailable', failure: 'token_refused' });
      expect(forced(), 'within the hour').toHaveLength(1);

      room.advance(101);
      expect(await refusedOnce()).toEqual([true]);
      expect(forced(), 'an hour later').toHaveLength(2);
    });

    it('is replaced by force once for 50 calls', async () => {
      const { use, asked } = useStub({ given: ['one', 'one', 'two'], refused: ['one'] });
      const answers = await Promise.all(Array.from({ length: 50 }, () => use()));
      expect(new Set(answers.map((answer) => (answer as { token: string }).token))).toEqual(new Set(['two']));
      expect(asked()).toEqual([false, false, true]);
    });

    it('is replaced by force half a minute later where WeChat was away for that', async () => {
      await check();
      room.fault({ path: checkSession, errcode: 40001, times: 1 });
      // It gives the same token once more, and then is away for all three attempts to force another.
      room.fault({ path: stableToken, delayMs: 0, times: 1 });
      room.fault({ path: stableToken, errcode: -1, times: 3 });
      expect((await failureOf(check())).error).toMatchObject({ failure: 'busy' });
      expect(await refusedOnce(), 'at once').toMatchObject({ failure: 'token_refused' });
      room.advance(30);
      expect(await refusedOnce()).toEqual([true]);
    });

    it('is replaced by force for one mini-program and not for another', async () => {
      await check();
      await refusedOnce();
      const before = await tokenInUse(cake);
      expect(await tokenInUse(cake)).toBe(before);
      expect(forced()).toHaveLength(1);
    });

    it('does not replace a token that WeChat refuses as well: the call ends, and the next one tries', async () => {
      await check();
      room.fault({ path: checkSession, errcode: 40001, times: 2 });
      expect((await failureOf(check())).error).toMatchObject({ failure: 'token_refused' });
      expect(room.received(checkSession)).toHaveLength(3);
      expect(await check()).toEqual([true]);
      expect(room.received(stableToken), 'the second was dropped, too').toHaveLength(4);
      expect(forced()).toHaveLength(1);
    });

    it('is tried again by the next call, since it may work by then', async () => {
      await check();
      await refusedOnce();
      await refusedOnce();
      expect(await check()).toEqual([true]);
    });

    it('is not replaced by force where WeChat was asked before it stopped working', async () => {
      const refused: string[] = [];
      const { use, asked } = useStub({ given: ['one', 'one', 'two'], refused });
      await use();
      vi.advanceTimersByTime(7_000_000);
      const inTime = use(); // fetches in the background
      refused.push('one');
      await expect(Promise.all([inTime, use()])).resolves.toContainEqual({ token: 'two' });
      expect(asked()).toEqual([false, false, false]);
    });
  });

  describe('near its end', () => {
    it('is replaced in the background, once, and works meanwhile', async () => {
      const first = await tokenInUse();
      room.advance(7_200 - 241);
      expect(await tokenInUse()).toBe(first);
      expect(room.received(stableToken)).toHaveLength(1);

      room.advance(2);
      room.fault({ path: stableToken, delayMs: 50, times: 1 });
      expect(await Promise.all([tokenInUse(), tokenInUse(), tokenInUse()])).toEqual([first, first, first]);
      await expect.poll(() => tokenInUse()).not.toBe(first);
      expect(await tokenInUse()).toBe(room.accessToken);
      expect(room.received(stableToken)).toHaveLength(2);
    });

    it('goes on working where it cannot be replaced, which is tried every half minute', async () => {
      const { use, asked } = useStub({ given: ['one'] });
      await use();
      for (const seconds of [7_200 - 239, 29, 2]) {
        vi.advanceTimersByTime(seconds * 1_000);
        await expect(use()).resolves.toEqual({ token: 'one' });
        await expect(use()).resolves.toEqual({ token: 'one' });
        // The fetch in the background fails.
        await setImmediate();
      }
      expect(asked()).toHaveLength(3);
    });

    it('is used no more once it has ended', async () => {
      const first = await tokenInUse();
      room.advance(7_200);
      expect(await tokenInUse()).not.toBe(first);
    });
  });

  it('of one mini-program is no concern of another’s, nor of its own logins', async () => {
    room.fault({ path: stableToken, appid: tea.appid, body: 'empty' });
    // As many failed calls in a row as open the breaker.
    for (let call = 0; call < 10; call += 1) {
      expect((await failureOf(tokenInUse())).error).toMatchObject({ failure: 'malformed' });
    }
    expect((await failureOf(tokenInUse())).error).toMatchObject({ failure: 'breaker_open' });
    await expect(tokenInUse(cake)).resolves.toMatch(/./);
    await expect(room.login()).resolves.toMatchObject({ openid: expect.any(String) });
  });

  it('is in no error and no line of the log, and neither is what was sent with it', async () => {
    const { openid, sessionKey } = await room.login();
    const { code } = room.emulator.phone.getPhoneNumber(tea.appid, 'anna');
    const tokens = new Set([await tokenInUse()]);
    const paths = [checkSession, '/wxa/business/getuserphonenumber'];
    let printed = '';
    for (const fault of [
      { errcode: -1 },
      { errcode: 40001 },
      { errcode: 40164 },
      { errcode: 99_999 },
      { body: 'html' as const },
      { reset: true },
    ]) {
      for (const path of paths) room.fault({ path, ...fault });
      for (const call of [
        () => room.get(SessionKeyClient).checkSessionKey(tea, openid, sessionKey),
        () => room.get(PhoneNumberClient).getPhoneNumber(tea, { code: code!, openid }),
      ]) {
        printed += (await failureOf(call())).printed;
        tokens.add(room.accessToken);
      }
      room.emulator.wechat.faults.clear();
    }
    expect(printed).toContain('WechatUnavailableError');
    expect(room.log).toContain('no phone number from WeChat');
    for (const secret of [...tokens, openid, sessionKey, code!, tea.secret]) {
      expect(printed + room.log).not.toContain(secret);
      expect(printed + room.log).not.toContain(encodeURIComponent(secret));
    }
  });
});
