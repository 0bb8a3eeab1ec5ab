import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, tea, useWorld } from '../harness/world.js';

describe('login replay: the same code again', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    // Longer than any test takes. Tests of the window itself start their own nodes, or age the code.
    const settings = { CODE_REPLAY_WINDOW: '300' };
    [node, other] = await Promise.all([world.startNode(settings), world.startNode(settings)]);
  });

  const post = (where: ServiceNode, code: string, key?: string, appid: string = tea.appid) =>
    where.login({ code, appid }, key === undefined ? {} : { headers: { 'idempotency-key': key } });
  const sessionOf = (answer: Answer) => decodeJwt(answer.body.accessToken)['sid'] as string;
  const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
  const used = { status: 401, body: { code: 'code_used' } };

  /** As if the code had been posted so many seconds ago. */
  const age = (seconds: number) =>
    world.database.query('UPDATE login_codes SET created_at = created_at - make_interval(secs => $1)', [
      seconds,
    ]);

  it('logs in ten times over two nodes: one user, ten sessions, one exchange that WeChat accepted', async () => {
    const code = await world.code('anna');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => post([node, other][index % 2]!, code)),
    );
    expect(statuses(answers)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
    expect(new Set(answers.map((answer) => sessionOf(answer))).size).toBe(10);
    const exchanges = await world.exchanges();
    expect(exchanges.length, 'each node asks once').toBeLessThanOrEqual(2);
    const guarded = await Promise.all(answers.map(({ body }) => node.me(body.accessToken)));
    expect(statuses(guarded)).toEqual(Array(10).fill(200));
    const refreshed = await Promise.all(answers.map(({ body }) => other.refresh(body.refreshToken)));
    expect(statuses(refreshed)).toEqual(Array(10).fill(200));
  });

  it('asks WeChat once if one node gets it twice, at once or later', async () => {
    const code = await world.code('bert');
    const answers = await Promise.all([post(node, code), post(node, code)]);
    answers.push(await post(node, code));
    expect(statuses(answers)).toEqual([200, 200, 200]);
    expect(await world.exchanges()).toHaveLength(1);
  });

  it('logs in on another node after an answer that was lost, new user or not as the first time', async () => {
    const code = await world.code('carl');
    const [lost, again] = [await post(node, code), await post(other, code)];
    expect(again.status).toBe(200);
    expect(again.body.isNewUser).toBe(true);
    expect(again.body.user).toEqual(lost.body.user);
    expect(sessionOf(again)).not.toBe(sessionOf(lost));
    const second = await world.code('carl');
    await post(node, second);
    expect((await post(other, second)).body.isNewUser).toBe(false);
  });

  it('waits for a node whose login has not committed yet', async () => {
    await world.login(node, 'dora');
    const code = await world.code('dora');
    const release = await world.hold('SELECT FROM users FOR UPDATE');
    const first = post(node, code);
    await expect.poll(() => world.exchanges()).toHaveLength(2);
    const second = post(other, code);
    await expect.poll(() => world.exchanges()).toHaveLength(3);
    await release();
    expect(statuses(await Promise.all([first, second]))).toEqual([200, 200]);
  });

  it('waits for a login that takes longer than the window', async () => {
    const hasty = await world.startNode({ CODE_REPLAY_WINDOW: '2' });
    await world.login(hasty, 'dora');
    const code = await world.code('dora');
    const release = await world.hold('SELECT FROM users FOR UPDATE');
    const posts = [post(hasty, code), post(hasty, code)];
    await world.waitsForLock();
    // Longer than the window: the one thing that only time itself can bring about.
    await new Promise((resolve) => setTimeout(resolve, 2_300));
    await release();
    expect(statuses(await Promise.all(posts))).toEqual([200, 200]);
  });

  it('is used up after the window', async () => {
    const code = await world.code('emil');
    await post(node, code);
    await age(301);
    expect(await post(node, code)).toMatchObject(used);
    expect(await post(other, code)).toMatchObject(used);
  });

  it('is found even if WeChat has forgotten it', async () => {
    const code = await world.code('fred');
    await post(node, code);
    await world.control('POST', '/clock', { advanceSeconds: 301 });
    expect((await post(other, code)).status).toBe(200);
  });

  it('opens twenty sessions at most, the first included', async () => {
    const code = await world.code('gina');
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, index) => post([node, other][index % 2]!, code)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ body }) => body.code === 'code_used')).toHaveLength(5);
    expect(await world.database.count(`sessions WHERE user_id = '${answers[0]!.body.user.id}'`)).toBe(20);
  });

  it('is never a repeat if CODE_REPLAY_WINDOW is 0', async () => {
    const strict = await world.startNode({ CODE_REPLAY_WINDOW: '0' });
    const code = await world.code('hans');
    const answers = await Promise.all([post(strict, code), post(strict, code)]);
    expect(new Set(statuses(answers))).toEqual(new Set([200, 401]));
    expect(await post(strict, code)).toMatchObject(used);
  });

  it('of another mini-program is no repeat', async () => {
    const code = await world.code('ida');
    await post(node, code);
    expect((await post(node, code, undefined, alone.appid)).body.code).toBe('code_invalid');
  });

  describe('opens nothing once', () => {
    it('the first session was logged out', async () => {
      const code = await world.code('jane');
      const { body } = await post(node, code);
      await node.as(body.accessToken, 'POST', '/auth/logout');
      expect(await post(node, code)).toMatchObject(used);
      expect(await post(other, code)).toMatchObject(used);
    });

    it('all sessions were ended', async () => {
      const code = await world.code('kate');
      const { body } = await post(node, code);
      await node.as(body.accessToken, 'POST', '/auth/logout/all');
      expect(await post(node, code)).toMatchObject(used);
    });

    it('the user was disabled', async () => {
      const code = await world.code('lena');
      const { body } = await post(node, code);
      await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [body.user.id]);
      expect(await post(node, code)).toMatchObject(used);
    });
  });

  it('of a disabled user is answered the same way again, at once', async () => {
    const { body } = await world.login(node, 'mary');
    await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [body.user.id]);
    const code = await world.code('mary');
    const answers = [await post(node, code), await post(node, code)];
    expect(answers.map((answer) => answer.body.code)).toEqual(['account_disabled', 'account_disabled']);
  });

  it('that leads nowhere counts as failed before it is looked for', async () => {
    const limited = await world.startNode({ RATE_LIMIT_LOGIN: '3' });
    const code = await world.code('mary');
    await world.fault({ errcode: 40163, times: 3 });
    let isAnswered = false;
    const pending = ['a', 'b', 'c'].map((key) => post(limited, code, key));
    void Promise.race(pending).then(() => (isAnswered = true));
    await expect.poll(() => world.exchanges()).toHaveLength(3);
    await expect.poll(async () => (await world.login(limited, 'bystander')).body.code).toBe('rate_limited');
    expect(isAnswered, 'whether the look was over').toBe(false);
    expect((await Promise.all(pending)).map(({ body }) => body.code)).toEqual(Array(3).fill('code_used'));
  });

  it('is an entry in the audit each time but the first', async () => {
    const code = await world.code('lucy');
    const [first, ...repeats] = [await post(node, code), await post(node, code), await post(other, code)];
    const entries = await world.database.query(
      `SELECT action, actor, actor_id, user_id, session_id, ip, details FROM audit_events
       WHERE user_id = $1 ORDER BY id`,
      [first.body.user.id],
    );
    expect(entries).toEqual(
      repeats.map((repeat) => ({
        action: 'session.login_repeated',
        actor: 'person',
        actor_id: first.body.user.id,
        user_id: first.body.user.id,
        session_id: sessionOf(repeat),
        ip: '127.0.0.1',
        details: { firstSessionId: sessionOf(first) },
      })),
    );
  });

  describe('by where it comes from', () => {
    let proxied: ServiceNode[];
    beforeAll(async () => {
      const settings = { TRUST_PROXY: '127.0.0.0/8' };
      proxied = await Promise.all([world.startNode(settings), world.startNode(settings)]);
    });

    const postFrom = (where: ServiceNode, ip: string, code: string, key?: string) =>
      where.login(
        { code, appid: tea.appid },
        { headers: { 'x-forwarded-for': ip, ...(key !== undefined && { 'idempotency-key': key }) } },
      );

    it.each([
      ['the same address', '203.0.113.1', '203.0.113.1'],
      ['the same address in another spelling', '203.0.113.1', '[::ffff:203.0.113.1]:5678'],
      ['the same /64 of IPv6', '2001:db8:1:2::1', '2001:DB8:1:2:ffff::7'],
    ])('is a repeat without a key from %s, on the same node and on another', async (_, first, second) => {
      const code = await world.code('mia');
      const answers = [
        await postFrom(proxied[0]!, first, code),
        ...(await Promise.all(proxied.map((where) => postFrom(where, second, code)))),
      ];
      expect(statuses(answers)).toEqual([200, 200, 200]);
    });

    it.each([
      ['another address', '203.0.113.1', '203.0.113.2'],
      ['another /64 of IPv6', '2001:db8:1:2::1', '2001:db8:1:3::1'],
      ['the other family', '203.0.113.1', '2001:db8::1'],
    ])('is none without a key from %s, on the same node nor on another', async (_, first, second) => {
      const code = await world.code('mia');
      expect((await postFrom(proxied[0]!, first, code)).status).toBe(200);
      const answers = await Promise.all(proxied.map((where) => postFrom(where, second, code)));
      expect(answers.map(({ body }) => body.code)).toEqual(['code_used', 'code_used']);
      expect((await postFrom(proxied[1]!, first, code)).status, 'the phone itself').toBe(200);
    });

    it.each([0, 1])(
      'is none without a key from another address while the first is under way on node %i',
      async (which) => {
        await world.login(node, 'mia');
        const code = await world.code('mia');
        const release = await world.hold('SELECT FROM users FOR UPDATE');
        const before = (await world.exchanges()).length;
        const first = postFrom(proxied[0]!, '203.0.113.1', code);
        await expect.poll(() => world.exchanges()).toHaveLength(before + 1);
        await world.waitsForLock();
        const thief = postFrom(proxied[which]!, '203.0.113.2', code);
        await expect.poll(() => world.exchanges()).toHaveLength(before + 2);
        await release();
        expect((await first).status).toBe(200);
        expect(await thief).toMatchObject(used);
      },
    );

    it('is a repeat from anywhere with the key of the first', async () => {
      const code = await world.code('mia');
      const answers = [
        await postFrom(proxied[0]!, '203.0.113.1', code, 'key-1'),
        await postFrom(proxied[0]!, '203.0.113.2', code, 'key-1'),
        await postFrom(proxied[1]!, '2001:db8::1', code, 'key-1'),
      ];
      expect(statuses(answers)).toEqual([200, 200, 200]);
    });
  });

  describe('with an Idempotency-Key', () => {
    it('is a repeat with the same key', async () => {
      const code = await world.code('mona');
      const answers = await Promise.all([post(node, code, 'key-1'), post(other, code, 'key-1')]);
      expect(statuses([...answers, await post(other, code, 'key-1')])).toEqual([200, 200, 200]);
    });

    it.each<[string, string | undefined, string | undefined]>([
      ['another key', 'key-1', 'key-2'],
      ['no key', 'key-1', undefined],
      ['a key if the first had none', undefined, 'key-1'],
    ])('is none with %s', async (_, first, second) => {
      const code = await world.code('nora');
      expect((await post(node, code, first)).status).toBe(200);
      const answers = await Promise.all([post(node, code, second), post(other, code, second)]);
      expect(answers.map(({ body }) => body.code)).toEqual(['code_used', 'code_used']);
      expect((await post(other, code, first)).status).toBe(200);
    });

    it.each(['', 'x'.repeat(256)])(
      'must have 1 to 255 characters, and spends no code otherwise',
      async (key) => {
        const code = await world.code('olga');
        expect(await post(node, code, key)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
        expect((await post(node, code, 'k'.repeat(255))).status).toBe(200);
      },
    );
  });

  it('is used if the node that exchanged it died before it could answer, and the next login works', async () => {
    await world.login(node, 'paul');
    const code = await world.code('paul');
    const dying = await world.startNode();
    const release = await world.hold('SELECT FROM users FOR UPDATE');
    const before = await world.database.count('sessions');
    const lost = post(dying, code).catch(() => 'died');
    await expect.poll(() => world.exchanges()).toHaveLength(2);
    await world.waitsForLock();
    await dying.stop('SIGKILL');
    expect(await lost).toBe('died');
    await world.endOtherWaits();
    await release();
    expect(await post(node, code)).toMatchObject(used);
    expect(await world.database.count('sessions')).toBe(before);
    expect((await world.login(node, 'paul')).status).toBe(200);
  });

  it('is tried again if the first time led to nothing', async () => {
    await world.fault({ errcode: -1, times: 3 });
    const code = await world.code('quinn');
    expect((await post(node, code)).body.code).toBe('wechat_unavailable');
    expect((await post(node, code)).status).toBe(200);
  });
});
