import { once } from 'node:events';
import { type ClientRequest, request as httpRequest } from 'node:http';
import sharp from 'sharp';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, tea, useWorld } from '../harness/world.js';

describe('the limits per user: what one user may do', () => {
  const world = useWorld();
  let node: ServiceNode;
  let png: Buffer;
  let round = 0;
  beforeAll(async () => {
    node = await world.startNode();
    png = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#00f' } })
      .png()
      .toBuffer();
  });
  // The budgets outlive a test.
  beforeEach(() => (round += 1));

  interface TestUser {
    name: string;
    accessToken: string;
    call(method: string, path: string, body?: unknown): Promise<Answer>;
  }

  async function signIn(name: string, where = node): Promise<TestUser> {
    const unique = `${name}-${round}`;
    const { accessToken } = (await world.login(where, unique)).body;
    return {
      name: unique,
      accessToken,
      call: (method, path, body) => where.as(accessToken, method, path, body),
    };
  }

  async function upload({ accessToken }: TestUser): Promise<Answer> {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(png)]), 'a.png');
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(new URL('/me/avatar', node.url), { method: 'PUT', headers, body: form });
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: JSON.parse(text),
    };
  }

  const rename = (user: TestUser, nickname: unknown) => user.call('PATCH', '/me', { nickname });
  const codeOf = async (user: TestUser) =>
    (await world.control('POST', '/wx/getPhoneNumber', { appid: tea.appid, user: user.name })).code;

  /** Calls of WeChat's interfaces, those for an access_token apart. */
  async function asked(): Promise<string[]> {
    const { items } = await world.control('GET', '/requests');
    return items
      .map(({ path }: { path: string }) => path)
      .filter((path: string) => path !== '/cgi-bin/stable_token');
  }

  function expectLimited(answer: Answer, longest = 60): void {
    expect(answer).toMatchObject({
      status: 429,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: { code: 'rate_limited' },
    });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(longest);
  }

  /** What may be done so often a minute, and how to do it once. */
  const budgets: [string, number, number, (user: TestUser, index: number) => Promise<Answer>][] = [
    ['a nickname', 6, 200, (user, index) => rename(user, `${index}`)],
    ['an avatar', 6, 200, (user) => upload(user)],
    ['a phone number', 6, 200, async (user) => user.call('POST', '/me/phone', { code: await codeOf(user) })],
    ['a made-up phone code', 6, 422, (user, index) => user.call('POST', '/me/phone', { code: `${index}` })],
    ['a look at the session_key', 12, 200, (user) => user.call('GET', '/me/session-key')],
    [
      'open data',
      30,
      200,
      async (user) =>
        user.call(
          'POST',
          '/me/open-data',
          await world.control('POST', '/wx/getUserInfo', { appid: tea.appid, user: user.name }),
        ),
    ],
    [
      'a link',
      6,
      200,
      async (user) =>
        user.call('POST', '/me/identities', {
          appid: alone.appid,
          code: await world.code(user.name, alone.appid),
        }),
    ],
    ['an unlink of nothing', 6, 404, (user) => user.call('DELETE', `/me/identities/${alone.appid}`)],
    ['an export', 2, 200, (user) => user.call('GET', '/me/export')],
  ];

  it.each(budgets)('a minute: %s, %i times, and another user meanwhile', async (_, times, status, doIt) => {
    const [anna, bert] = [await signIn('anna'), await signIn('bert')];
    for (let index = 0; index < times; index += 1) expect((await doIt(anna, index)).status).toBe(status);
    const before = await asked();
    expectLimited(await doIt(anna, times));
    expect((await asked()).length, 'WeChat is not asked').toBe(before.length);
    expect((await doIt(bert, times)).status).toBe(status);
  });

  it('a minute: links and unlinks together', async () => {
    const anna = await signIn('anna');
    for (let turn = 0; turn < 3; turn += 1) {
      const code = await world.code(anna.name, alone.appid);
      expect((await anna.call('POST', '/me/identities', { appid: alone.appid, code })).status).toBe(200);
      expect((await anna.call('DELETE', `/me/identities/${alone.appid}`)).status).toBe(204);
    }
    const code = await world.code(anna.name, alone.appid);
    expectLimited(await anna.call('POST', '/me/identities', { appid: alone.appid, code }));
    expectLimited(await anna.call('DELETE', `/me/identities/${alone.appid}`));
  });

  it('a minute: the same on every phone and by every method', async () => {
    const anna = await signIn('anna');
    const elsewhere = await world.login(node, anna.name);
    for (let index = 0; index < 3; index += 1) {
      expect((await rename(anna, `${index}`)).status).toBe(200);
      expect((await anna.call('POST', '/me', { nickname: `${index}` })).status).toBe(200);
    }
    expectLimited(await rename(anna, 'seventh'));
    expectLimited(await node.as(elsewhere.body.accessToken, 'PATCH', '/me', { nickname: 'seventh' }));
  });

  it('does not grow less by what is malformed, since WeChat is not asked then', async () => {
    const anna = await signIn('anna');
    for (let index = 0; index < 8; index += 1) expect((await rename(anna, '')).status).toBe(400);
    for (let index = 0; index < 6; index += 1) expect((await rename(anna, `${index}`)).status).toBe(200);
    expectLimited(await rename(anna, 'seventh'));
  });

  it('a minute: malformed forms like others, which are refused before they are read', async () => {
    const anna = await signIn('anna');
    const headers = {
      authorization: `Bearer ${anna.accessToken}`,
      'content-type': 'multipart/form-data; boundary=b',
    };
    const malformed = () => node.call('PUT', '/me/avatar', { headers, body: '--b--' });
    for (let index = 0; index < 6; index += 1) expect((await malformed()).status).toBe(400);
    const endless = httpRequest(new URL('/me/avatar', node.url), { method: 'PUT', headers });
    endless.flushHeaders();
    const [response] = await once(endless, 'response');
    response.resume();
    endless.destroy();
    expect(response.statusCode).toBe(429);
  });

  describe('at once is four requests', () => {
    /** Uploads that have begun, and do not go on. */
    async function uploadSlowly(user: TestUser, count: number): Promise<ClientRequest[]> {
      const uploads = Array.from({ length: count }, () => {
        const sent = httpRequest(new URL('/me/avatar', node.url), {
          method: 'PUT',
          headers: {
            authorization: `Bearer ${user.accessToken}`,
            'content-type': 'multipart/form-data; boundary=b',
            'content-length': 1_000,
          },
        });
        sent.on('error', () => {});
        sent.flushHeaders();
        return sent;
      });
      return uploads;
    }

    it('that write, whichever they are; others are refused until one is done', async () => {
      const [anna, bert] = [await signIn('anna'), await signIn('bert')];
      const uploads = await uploadSlowly(anna, 4);
      await expect.poll(async () => (await anna.call('GET', '/me/session-key')).status).toBe(429);
      expectLimited(await rename(anna, 'fifth'), 1);
      expectLimited(await upload(anna), 1);
      expect((await rename(bert, 'fifth')).status).toBe(200);
      expect((await anna.call('GET', '/me')).status, 'reading is no matter').toBe(200);
      uploads[0]!.destroy();
      await expect.poll(async () => (await rename(anna, 'fourth')).status).toBe(200);
      for (const sent of uploads) sent.destroy();
    });

    it('and what is refused so costs nothing of the budget', async () => {
      const anna = await signIn('anna');
      const uploads = await uploadSlowly(anna, 4);
      await expect.poll(async () => (await anna.call('GET', '/me/session-key')).status).toBe(429);
      for (let index = 0; index < 6; index += 1) expectLimited(await rename(anna, `${index}`), 1);
      for (const sent of uploads) sent.destroy();
      await expect.poll(async () => (await rename(anna, 'at last')).status).toBe(200);
    });

    it('and keeps nobody from ending sessions', async () => {
      const anna = await signIn('anna');
      const { sessionId } = await sessionOf(await world.login(node, anna.name));
      const uploads = await uploadSlowly(anna, 4);
      await expect.poll(async () => (await anna.call('GET', '/me/session-key')).status).toBe(429);
      expect((await anna.call('DELETE', `/me/sessions/${sessionId}`)).status).toBe(204);
      expect((await anna.call('POST', '/auth/logout/all')).status).toBe(204);
      for (const sent of uploads) sent.destroy();
    });

    async function sessionOf({ body }: Answer): Promise<{ sessionId: string }> {
      const sessions = (await node.as(body.accessToken, 'GET', '/me/sessions')).body;
      return { sessionId: sessions.find(({ current }: { current: boolean }) => current).id };
    }

    it('that ask WeChat: while it is slow for them, logins have turns of their own', async () => {
      const narrow = await world.startNode({ WECHAT_MAX_CONCURRENCY: '2' });
      const users = await Promise.all(['anna', 'bert'].map((name) => signIn(name, narrow)));
      // So that the slow calls below are not for an access_token.
      expect((await users[0]!.call('GET', '/me/session-key')).status).toBe(200);
      await world.fault({ path: '/wxa/checksession', delayMs: 2_000 });
      const slow = users.flatMap((user) =>
        Array.from({ length: 4 }, () => user.call('GET', '/me/session-key')),
      );
      await expect
        .poll(async () => (await asked()).filter((path) => path === '/wxa/checksession').length)
        .toBeGreaterThanOrEqual(3);
      for (const name of ['carl', 'dora', 'emil']) {
        expect((await world.login(narrow, `${name}-${round}`)).status).toBe(200);
      }
      const statuses = (await Promise.all(slow)).map(({ status }) => status);
      // Two under way, two waiting, and four too many.
      expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(4);
    });
  });
});
