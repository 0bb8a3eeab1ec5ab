import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../harness/node.js';
import { expectProblem } from '../harness/problem.js';
import { tea, useWorld } from '../harness/world.js';

describe('overload', () => {
  const world = useWorld();

  const expectOverloaded = (answer: Answer) => {
    expectProblem(answer, 503, 'overloaded');
    expect(answer.headers['retry-after']).toBe('1');
  };

  it('refuses logins beyond the bound at once, uses none of their codes, and lets guarded requests go on', async () => {
    const narrow = await world.startNode({ WECHAT_MAX_CONCURRENCY: '2' });
    const { accessToken } = (await world.login(narrow, 'anna')).body;
    const codes = await Promise.all(Array.from({ length: 10 }, (_, index) => world.code(`phone-${index}`)));
    await world.fault({ delayMs: 1_500 });
    const inOrder: { code: string; answer: Answer }[] = [];
    const logins = codes.map(async (code) => {
      inOrder.push({ code, answer: await narrow.login({ code, appid: tea.appid }) });
    });
    await expect.poll(() => inOrder.length).toBeGreaterThan(0);
    expect((await narrow.as(accessToken, 'GET', '/auth/verify')).status).toBe(204);
    expect((await narrow.me(accessToken)).status).toBe(200);
    await Promise.all(logins);
    expect(inOrder.slice(6).map(({ answer }) => answer.status)).toEqual(Array(4).fill(200));

    await world.control('DELETE', '/faults');
    for (const { code, answer } of inOrder.slice(0, 6)) {
      expectOverloaded(answer);
      expect((await narrow.login({ code, appid: tea.appid })).status).toBe(200);
    }
  });

  it('refuses a login before its body has arrived', async () => {
    const narrow = await world.startNode({ WECHAT_MAX_CONCURRENCY: '1' });
    const codes = await Promise.all(['anna', 'ben'].map((user) => world.code(user)));
    await world.fault({ delayMs: 1_500 });
    const logins = codes.map((code) => narrow.login({ code, appid: tea.appid }));
    await expect.poll(async () => (await world.exchanges()).length).toBe(1);
    const { hostname, port } = new URL(narrow.url);
    const socket = connect(Number(port), hostname);
    // Neither the type nor the body that is announced can be right.
    socket.write('POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 10\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 503 .*^retry-after: 1\r$.*"code":"overloaded"/ims);
    expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await narrow.login({})).status).toBe(400);
  });

  it('refuses requests while too many wait for the database, and none that asks no database', async () => {
    const narrow = await world.startNode({ DATABASE_POOL_SIZE: '1' });
    const { accessToken, refreshToken } = (await world.login(narrow, 'anna')).body;
    const letGo = await world.hold('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    const refused: Answer[] = [];
    // One has the connection, fifty may wait.
    const requests = Array.from({ length: 55 }, async () => {
      const answer = await narrow.me(accessToken);
      if (answer.status === 503) refused.push(answer);
      return answer.status;
    });
    await expect.poll(() => refused.length).toBeGreaterThanOrEqual(4);
    const refresh = await narrow.refresh(refreshToken);
    expect((await narrow.as(accessToken, 'GET', '/auth/verify')).status).toBe(204);
    await letGo();
    const statuses = await Promise.all(requests);
    expect(statuses.filter((status) => status === 200)).toHaveLength(51);
    for (const answer of [...refused, refresh]) expectOverloaded(answer);
    expect((await narrow.refresh(refreshToken)).status).toBe(200);
  });

  it('refuses none of two hundred logins at once from one address', async () => {
    const node = await world.startNode();
    const codes = await Promise.all(Array.from({ length: 200 }, (_, index) => world.code(`phone-${index}`)));
    const answers = await Promise.all(codes.map((code) => node.login({ code, appid: tea.appid })));
    expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(200));
  });
});
