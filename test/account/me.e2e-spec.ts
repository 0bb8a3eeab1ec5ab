import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('/me', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });

  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it('shows the user and the mini-programs they came through, and no openid', async () => {
    const { body } = await world.login(node, 'anna', tea.appid);
    await world.login(node, 'anna', cake.appid);
    const me = await node.me(body.accessToken);
    expect(me.body).toEqual({
      ...body.user,
      externalId: null,
      pendingNickname: null,
      profileStaleSince: null,
      consent: null,
      identities: [
        { appid: tea.appid, appName: 'Tea', linkedAt: expect.any(String) },
        { appid: cake.appid, appName: 'Cake', linkedAt: expect.any(String) },
      ],
    });
    expect(me.headers['cache-control']).toBe('no-store');
  });

  it('shows the newest consent that came with a login, and when', async () => {
    const logInWith = async (policyVersion?: string) => {
      const code = await world.code('consenting');
      const consent = policyVersion === undefined ? undefined : { policyVersion };
      const { body } = await node.login({ code, appid: tea.appid, consent });
      return (await node.me(body.accessToken)).body.consent;
    };
    const first = await logInWith('2026-01');
    expect(first).toEqual({ policyVersion: '2026-01', at: expect.any(String) });
    expect(await logInWith(), 'a login without consent leaves it').toEqual(first);
    const second = await logInWith('2026-09');
    expect(second.policyVersion).toBe('2026-09');
    expect(Date.parse(second.at)).toBeGreaterThan(Date.parse(first.at));
  });

  it.each([
    [null],
    ['2026-01'],
    [[]],
    [{}],
    [{ policyVersion: '' }],
    [{ policyVersion: '1\u0000' }],
    [{ policyVersion: 'x'.repeat(65) }],
    [{ policyVersion: '\u200b' }],
  ])('refuses the consent %j before the code is spent', async (consent) => {
    const code = await world.code('consenting');
    expect(await node.login({ code, appid: tea.appid, consent })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
    expect((await node.login({ code, appid: tea.appid })).status).toBe(200);
  });

  it('shows no name for a mini-program that has none', async () => {
    const { body } = await world.login(node, 'anna', alone.appid);
    expect((await node.me(body.accessToken)).body.identities[0].appName).toBeNull();
  });

  describe('PATCH', () => {
    // Another user each time, because a user may change the nickname six times a minute.
    let bert: string;
    let count = 0;
    beforeEach(() => (bert = `bert-${(count += 1)}`));

    it.each([
      ['小明'],
      ['A'],
      ['👨‍👩‍👧‍👦'.repeat(32)],
      ['👩🏻‍❤️‍💋‍👩🏿'.repeat(32)],
      ['x'.repeat(32)],
      ["O'Neill <b>"],
      ['محمد علی'],
      ['می‌خواهم'],
      ['נועה'],
      ['Zoe\u0301'],
      ['🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ])('sets the nickname %s', async (nickname) => {
      const { body } = await world.login(node, bert);
      const answer = await node.patch('/me', { nickname }, bearer(body.accessToken));
      expect(answer).toMatchObject({ status: 200, body: { id: body.user.id, nickname } });
      expect((await node.me(body.accessToken)).body.nickname).toBe(nickname);
      expect((await world.login(node, bert)).body.user.nickname).toBe(nickname);
    });

    it('drops white space around the nickname', async () => {
      const { body } = await world.login(node, bert);
      expect((await node.patch('/me', { nickname: '  小明 ' }, bearer(body.accessToken))).body.nickname).toBe(
        '小明',
      );
    });

    it('is done by POST as well, for wx.request knows no PATCH', async () => {
      const { accessToken } = (await world.login(node, 'paul')).body;
      const answer = await node.as(accessToken, 'POST', '/me', { nickname: '小明' });
      expect(answer).toMatchObject({ status: 200, body: { nickname: '小明' } });
      expect(await node.as(accessToken, 'POST', '/me', { nickname: '' })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      });
      expect((await node.me(accessToken)).body.nickname).toBe('小明');
    });

    it('clears the nickname with null', async () => {
      const { body } = await world.login(node, bert);
      await node.patch('/me', { nickname: '小明' }, bearer(body.accessToken));
      expect(
        (await node.patch('/me', { nickname: null }, bearer(body.accessToken))).body.nickname,
      ).toBeNull();
      expect((await node.me(body.accessToken)).body.nickname).toBeNull();
    });

    it('changes nothing with an empty body, nor with fields that it does not know', async () => {
      const { body } = await world.login(node, bert);
      await node.patch('/me', { nickname: '小明' }, bearer(body.accessToken));
      for (const change of [{}, { roles: ['admin'], status: 'disabled' }]) {
        expect(await node.patch('/me', change, bearer(body.accessToken))).toMatchObject({
          status: 200,
          body: { nickname: '小明', roles: [] },
        });
      }
    });

    it.each<[string, unknown]>([
      ['empty', { nickname: '' }],
      ['blank', { nickname: ' 　' }],
      ['of 33 characters', { nickname: 'x'.repeat(33) }],
      ['of one character with a thousand accents', { nickname: `a${'\u0301'.repeat(1_000)}` }],
      ['with a NUL', { nickname: 'a\u0000b' }],
      ['with a line break', { nickname: 'a\nb' }],
      ['with half a surrogate pair', { nickname: '\ud83d' }],
      ['with a line separator', { nickname: 'a\u2028b' }],
      ['with a paragraph separator', { nickname: 'a\u2029b' }],
      ['of zero-width spaces', { nickname: '\u200b'.repeat(15) }],
      ['of a Hangul filler', { nickname: '\u3164' }],
      ['of a joiner alone', { nickname: '\u200d' }],
      ['of a soft hyphen', { nickname: '\u00ad' }],
      ['of blank Braille', { nickname: '\u2800' }],
      ['of accents without a letter', { nickname: '\u0301\u0301' }],
      ['of a variation selector', { nickname: '\ufe0f' }],
      ['that is written from right to left by force', { nickname: 'admin\u202egnp.exe' }],
      ['with an isolated direction', { nickname: 'a\u2066b\u2069' }],
      ['with a right-to-left mark', { nickname: 'a\u200fb' }],
      ['with an Arabic letter mark', { nickname: 'a\u061cb' }],
      ['of 33 families', { nickname: '👨‍👩‍👧‍👦'.repeat(33) }],
      ['that is a number', { nickname: 5 }],
      ['that is an array', { nickname: ['a'] }],
    ])('answers 400 to a nickname %s', async (_, change) => {
      const { body } = await world.login(node, bert);
      const answer = await node.patch('/me', change, bearer(body.accessToken));
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ field: 'nickname' }] },
      });
    });

    it.each([
      ['x'.repeat(33), 'nickname must be 1 to 32 characters; null clears it'],
      ['\u200b', 'nickname must contain a visible character; null clears it'],
      ['a\u2028b', 'nickname must not contain control characters or line breaks; null clears it'],
      [
        'a\u202eb',
        'nickname must not contain characters that change the direction of text, such as U+202E; null clears it',
      ],
    ])('says what is wrong with the nickname %j', async (nickname, message) => {
      const { body } = await world.login(node, 'bert');
      const answer = await node.patch('/me', { nickname }, bearer(body.accessToken));
      expect(answer.body.errors).toEqual([{ field: 'nickname', message }]);
    });

    it.each<[string, unknown]>([
      ['an array', []],
      ['a string', '"a"'],
      ['null', 'null'],
    ])('answers 400 to %s as body', async (_, change) => {
      const { body } = await world.login(node, bert);
      expect((await node.patch('/me', change, bearer(body.accessToken))).status).toBe(400);
    });

    it('answers 401 without a token, before it looks at the body', async () => {
      expect((await node.patch('/me', { nickname: '' })).body.code).toBe('token_missing');
    });
  });

  it.each([
    ['disabled', 'disabled'],
    ['merged', 'merged'],
    ['deleting', 'deleted'],
  ])('answers session_revoked to the token of a user who is %s', async (status, reason) => {
    const { body } = await world.login(node, `user-${status}`);
    await world.database.query('UPDATE users SET status = $1 WHERE id = $2', [status, body.user.id]);
    expect(await node.me(body.accessToken)).toMatchObject({
      status: 401,
      body: { code: 'session_revoked', reason },
    });
    expect((await node.patch('/me', { nickname: 'a' }, bearer(body.accessToken))).body.code).toBe(
      'session_revoked',
    );
  });
});
