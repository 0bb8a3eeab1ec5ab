import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { cake, tea, useWorld } from '../harness/world.js';

describe('WeChat failures: when WeChat', () => {
  const world = useWorld();
  /** More than open the breaker. */
  const many = Array.from({ length: 12 }, (_, index) => index);
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });
  // The breaker counts failures in a row, and these tests are made of failures.
  beforeEach(async () => {
    await world.login(node, 'anna');
    await world.control('DELETE', '/requests');
  });

  const unavailable = {
    status: 503,
    headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    body: { code: 'wechat_unavailable' },
  };

  it('is busy twice, the third attempt succeeds', async () => {
    await world.fault({ errcode: -1, times: 2 });
    expect((await world.login(node, 'anna')).status).toBe(200);
    expect(await world.exchanges()).toHaveLength(3);
  });

  it('is busy for ever, three attempts are made and no more', async () => {
    await world.fault({ errcode: -1 });
    expect(await world.login(node, 'anna')).toMatchObject(unavailable);
    expect(await world.exchanges()).toHaveLength(3);
  });

  it('resets the connection twice, the third attempt succeeds', async () => {
    await world.fault({ reset: true, times: 2 });
    expect((await world.login(node, 'anna')).status).toBe(200);
  });

  it('resets the connection after taking the code, our retry is not told that the code was used', async () => {
    await world.fault({ reset: true, spend: true, times: 1 });
    expect(await world.login(node, 'anna')).toMatchObject(unavailable);
    expect(await world.exchanges()).toHaveLength(2);
  });

  it('refuses connections, the answer is 503', async () => {
    const nowhere = await world.startNode({ WECHAT_BASE_URL: `http://127.0.0.1:${await findFreePort()}` });
    expect(await world.login(nowhere, 'anna')).toMatchObject(unavailable);
  });

  it('cannot be found, the answer is 503', async () => {
    const nowhere = await world.startNode({ WECHAT_BASE_URL: 'https://wechat.invalid' });
    expect(await world.login(nowhere, 'anna')).toMatchObject(unavailable);
  });

  it('takes longer than three seconds, the attempt is given up and not repeated: the code may be spent', async () => {
    await world.fault({ delayMs: 200_000, times: 1 });
    const begun = performance.now();
    expect(await world.login(node, 'anna')).toMatchObject(unavailable);
    expect(performance.now() - begun).toBeGreaterThan(2_900);
    expect(performance.now() - begun).toBeLessThan(190_000);
    expect(await world.exchanges()).toHaveLength(1);
  });

  it('is busy slowly, all attempts together end within five seconds', async () => {
    await world.fault({ errcode: -1, delayMs: 2_800 });
    expect(await world.login(node, 'anna')).toMatchObject(unavailable);
    // A third attempt would begin after five seconds.
    expect((await world.exchanges()).length).toBeLessThanOrEqual(2);
  });

  it.each<[string, object]>([
    ['HTML from a proxy', { body: 'html' }],
    ['HTML from a proxy with status 502', { body: 'html', httpStatus: 502 }],
    ['a truncated body', { body: 'truncated' }],
    ['an empty body', { body: 'empty' }],
    ['an errcode that nobody knows', { errcode: 99_999 }],
    ['that the quota of the day is used up', { errcode: 45_009 }],
  ])('answers %s, the answer is 503 and there is no second attempt', async (_, fault) => {
    await world.fault({ ...fault, times: 1 });
    expect(await world.login(node, 'anna')).toMatchObject(unavailable);
    expect(await world.exchanges()).toHaveLength(1);
  });

  describe('answers as it never should', () => {
    let wechat: FixedAnswer;
    let strange: ServiceNode;
    beforeAll(async () => {
      wechat = await FixedAnswer.listen();
      strange = await world.startNode({ WECHAT_BASE_URL: wechat.url });
    });
    afterAll(() => wechat.close());
    // The breaker counts here, too.
    beforeEach(async () => {
      wechat.body = '{"session_key":"AAAAAAAAAAAAAAAAAAAAAA==","openid":"o0"}';
      await world.login(strange, 'anna');
    });

    it.each([
      ['{}'],
      ['[]'],
      ['null'],
      ['"text"'],
      ['{"errcode":"40029"}'],
      ['{"openid":"o1"}'],
      ['{"openid":"","session_key":"AAAAAAAAAAAAAAAAAAAAAA=="}'],
      ['{"openid":5,"session_key":"AAAAAAAAAAAAAAAAAAAAAA=="}'],
      ['{"openid":"o\\u0000","session_key":"AAAAAAAAAAAAAAAAAAAAAA=="}'],
      ['{"openid":"o1","session_key":"c2hvcnQ="}'],
      ['{"openid":"o1","session_key":"AAAAAAAAAAAAAAAAAAAAAA==","unionid":5}'],
    ])('%s, the answer is 503', async (body) => {
      wechat.body = body;
      expect(await world.login(strange, 'anna')).toMatchObject(unavailable);
      expect(await world.database.count("identities WHERE openid = 'o1'")).toBe(0);
    });

    it.each([
      ['unknown fields', '{"session_key":"AAAAAAAAAAAAAAAAAAAAAA==","openid":"o2","expires_in":7200}'],
      [
        'an errcode of 0',
        '{"session_key":"AAAAAAAAAAAAAAAAAAAAAA==","openid":"o2","errcode":0,"errmsg":"ok"}',
      ],
      ['an empty unionid', '{"session_key":"AAAAAAAAAAAAAAAAAAAAAA==","openid":"o2","unionid":""}'],
    ])('with %s, the login succeeds', async (_, body) => {
      wechat.body = body;
      expect((await world.login(strange, 'anna')).status).toBe(200);
    });
  });

  it.each([
    [40029, 401, 'code_invalid', undefined],
    [40163, 401, 'code_used', undefined],
    [45011, 429, 'rate_limited', '60'],
    [40226, 403, 'user_blocked_by_wechat', undefined],
    [50002, 403, 'user_blocked_by_wechat', undefined],
    [40013, 502, 'wechat_misconfigured', undefined],
    [40125, 502, 'wechat_misconfigured', undefined],
    [40164, 502, 'wechat_misconfigured', undefined],
    [41002, 502, 'wechat_misconfigured', undefined],
    [41004, 502, 'wechat_misconfigured', undefined],
    [48001, 502, 'wechat_misconfigured', undefined],
  ])('answers %i, the answer is %i %s', async (errcode, status, code, retryAfter) => {
    await world.fault({ errcode, times: 1 });
    const answer = await world.login(node, 'anna');
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(await world.exchanges(), 'no second attempt').toHaveLength(1);
  });

  it('says that we are set up wrongly, the log says what to fix, and the caller learns nothing of it', async () => {
    await world.fault({ errcode: 40164, times: 1 });
    const answer = await world.login(node, 'anna');
    // A request id may have any digits.
    expect(answer.text.replace(answer.body.requestId, '')).not.toMatch(/40164|white|ip/i);
    await expect.poll(() => node.output).toMatch(/40164.*IP白名单/);
  });

  describe('fails for what one user sends, and is asked on for all others', () => {
    const from = '127.0.0.6';

    /** At once: failures are forgotten after a minute. */
    async function expectUnavailable(limited: ServiceNode, codes: string[]): Promise<void> {
      const answers = await Promise.all(
        codes.map((code) => limited.login({ code, appid: tea.appid }, { from })),
      );
      for (const answer of answers) expect(answer).toMatchObject(unavailable);
    }

    it('with a status of 4xx to a login, which counts against the address', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '12' });
      await world.fault({ httpStatus: 403, body: 'html', times: 12 });
      await expectUnavailable(
        limited,
        many.map((index) => `code${index}`),
      );
      expect((await world.login(limited, 'anna')).status).toBe(200);
      const next = await limited.login({ code: await world.code('bert'), appid: tea.appid }, { from });
      expect(next).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    });

    it.each([
      ['a reset', { reset: true }],
      ['a page', { body: 'html' }],
      ['a page with status 502', { body: 'html', httpStatus: 502 }],
    ])('with %s to codes like no other', async (_, fault) => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '12' });
      await world.fault(fault);
      await expectUnavailable(
        limited,
        many.map((index) => `<script>${index}</script>`),
      );
      await world.control('DELETE', '/faults');
      expect((await world.login(limited, 'anna')).status).toBe(200);
      const next = await limited.login({ code: await world.code('bert'), appid: tea.appid }, { from });
      expect(next).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    });
  });

  describe('stays away', () => {
    // A node of its own for each of these: an open breaker stays open for a while.
    let lonely: ServiceNode;
    beforeEach(async () => {
      lonely = await world.startNode();
    });
    const fail = () => world.login(lonely, 'anna');

    it('is not asked any more after ten failed calls in a row, for five seconds', async () => {
      await world.fault({ errcode: -1 });
      for (let call = 0; call < 9; call += 1) await fail();
      const opened = performance.now();
      await fail();
      const asked = (await world.exchanges()).length;
      expect(await fail()).toMatchObject({
        ...unavailable,
        headers: { 'retry-after': expect.stringMatching(/^[1-5]$/) },
      });
      expect(await world.exchanges()).toHaveLength(asked);

      await world.control('DELETE', '/faults');
      await expect.poll(async () => (await fail()).status, { interval: 200 }).toBe(200);
      expect(performance.now() - opened).toBeGreaterThan(4_900);
    });

    it('is asked on by the other mini-programs', async () => {
      await world.fault({ errcode: -1, appid: tea.appid });
      for (let call = 0; call < 11; call += 1) await fail();
      expect((await world.login(lonely, 'anna', cake.appid)).status).toBe(200);
    });

    it('is asked on for all others if one user sends nicknames or phone codes like no other, and it resets', async () => {
      for (const [path, change, sane] of [
        ['/wxa/msg_sec_check', { nickname: `' or 1=1 --` }, { nickname: 'Anna' }],
        ['/wxa/business/getuserphonenumber', { code: '../../etc/passwd' }, undefined],
      ] as const) {
        const isPhone = path.endsWith('phonenumber');
        const logins = await Promise.all(many.map((index) => world.login(lonely, `user-${index}`)));
        await world.fault({ path, reset: true });
        for (const { body } of logins) {
          await lonely.as(body.accessToken, 'POST', isPhone ? '/me/phone' : '/me', change);
        }
        await world.control('DELETE', '/faults');
        await world.control('DELETE', '/requests');
        const { accessToken } = (await world.login(lonely, 'anna')).body;
        const phone = await world.control('POST', '/wx/getPhoneNumber', { appid: tea.appid, user: 'anna' });
        const body = sane ?? { code: phone.code };
        const answer = await lonely.as(accessToken, 'POST', isPhone ? '/me/phone' : '/me', body);
        expect(answer.status, path).toBe(200);
        const { items } = await world.control('GET', '/requests');
        expect(items.filter((item: { path: string }) => item.path === path)).not.toEqual([]);
      }
    });

    it('is asked on if bad codes stand between the failures', async () => {
      for (let round = 0; round < 3; round += 1) {
        await world.fault({ body: 'empty', times: 9 });
        for (let call = 0; call < 9; call += 1) await fail();
        expect((await lonely.login({ code: 'bad', appid: tea.appid })).body.code).toBe('code_invalid');
      }
      expect((await world.login(lonely, 'anna')).status).toBe(200);
    });
  });

  it('is slow for many, calls beyond the bound wait, and beyond as many waiting are refused at once', async () => {
    const narrow = await world.startNode({ WECHAT_MAX_CONCURRENCY: '2' });
    const codes = await Promise.all(Array.from({ length: 8 }, (_, index) => world.code(`user-${index}`)));
    await world.fault({ delayMs: 1_500, times: 4 });
    const answers: Answer[] = await Promise.all(
      codes.map((code) => narrow.login({ code, appid: tea.appid })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(4);
    for (const answer of refused) {
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { code: 'overloaded' },
      });
    }
  });
});

/** A server that answers every exchange with the same body: what the emulator, being WeChat, never does. */
class FixedAnswer {
  body = '';
  readonly url: string;

  private constructor(private readonly server: Server) {
    server.on('request', (_, response) => response.setHeader('content-type', 'text/plain').end(this.body));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async listen(): Promise<FixedAnswer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FixedAnswer(server);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
