import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, cake, patient, tea, useWorld } from '../harness/world.js';

const path = '/wxa/msg_sec_check';
const twoHours = 7_200;

/** Contain words that the emulator takes offence at. */
const risky = '小违禁词明';
const doubtful = '可疑词 Bert';

describe('nicknames', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode({ LOG_LEVEL: 'trace' });
  });

  // Another user in each test, because a user may change the nickname six times a minute.
  let round = 0;
  beforeEach(() => (round += 1));

  interface TestUser {
    id: string;
    /** On the phone. */
    user: string;
    accessToken: string;
    rename(nickname: string | null): Promise<Answer>;
    nickname(): Promise<string | null>;
  }

  async function signIn(name: string, appid: string = tea.appid): Promise<TestUser> {
    const user = `${name}-${round}`;
    const { accessToken, user: known } = (await world.login(node, user, appid)).body;
    return {
      id: known.id,
      user,
      accessToken,
      rename: (nickname) => node.as(accessToken, 'PATCH', '/me', { nickname }),
      nickname: async () => (await node.me(accessToken)).body.nickname,
    };
  }

  /** The texts that WeChat was to judge, the oldest first; after a reset it is asked twice, with another access_token. */
  async function judged(): Promise<string[]> {
    const { items } = await world.control('GET', '/requests');
    const texts = items.filter((call: any) => call.path === path).map(({ body }: any) => body.content);
    return [...new Set<string>(texts)];
  }

  /** People whose nickname is still to be judged. */
  async function pending(): Promise<unknown[]> {
    return (await world.database.query('SELECT user_id FROM nickname_checks')).map(({ user_id }) => user_id);
  }

  it.each(['小明', '🍵🍰', '👩‍👩‍👧 Zoë "\\u8fdd"', 'Renée'])(
    'are judged by WeChat before they are stored: %s',
    async (name) => {
      const anna = await signIn('anna');
      expect(await anna.rename(name)).toMatchObject({ status: 200, body: { nickname: name } });
      expect(await anna.nickname()).toBe(name);
      expect(await judged()).toEqual([name]);
      expect(await pending()).toEqual([]);
    },
  );

  it.each([risky, doubtful, 'a 🍵 b'])('that WeChat rejects leave the old one as it is: %s', async (name) => {
    await world.control('POST', '/settings', {
      contentWords: [
        { word: '违禁词' },
        { word: '可疑词', suggest: 'review' },
        // Found only where it did not come as \uXXXX.
        { word: '🍵' },
      ],
    });
    const anna = await signIn('anna');
    await anna.rename('小明');
    expect(await anna.rename(name)).toMatchObject({ status: 422, body: { code: 'content_rejected' } });
    expect(await anna.nickname()).toBe('小明');
    expect(await pending()).toEqual([]);
  });

  it('are cleared without asking WeChat', async () => {
    const anna = await signIn('anna');
    await anna.rename('小明');
    expect(await anna.rename(null)).toMatchObject({ status: 200, body: { nickname: null } });
    expect(await judged()).toEqual(['小明']);
  });

  it('need a fresh login if WeChat has not seen the user for two hours', async () => {
    const anna = await signIn('anna');
    await anna.rename('小明');
    await world.control('POST', '/clock', { advanceSeconds: twoHours });
    expect(await anna.rename('小红')).toMatchObject({ status: 422, body: { code: 'login_again' } });
    expect(await anna.nickname()).toBe('小明');
    await world.login(node, anna.user);
    expect((await anna.rename('小红')).body.nickname).toBe('小红');
  });

  it('go unjudged if the mini-program has no right to the check, and WeChat is asked once', async () => {
    await world.control('POST', '/apps', { appid: alone.appid, unauthorized: [path] });
    const anna = await signIn('anna', alone.appid);
    const bert = await signIn('bert', alone.appid);
    expect((await anna.rename(risky)).body.nickname).toBe(risky);
    expect((await bert.rename(doubtful)).body.nickname).toBe(doubtful);
    expect(await judged()).toEqual([risky]);
    expect(await pending()).toEqual([]);
    // Where there is the right, nothing is skipped.
    expect((await (await signIn('anna')).rename(risky)).status).toBe(422);
  });

  it('go unjudged under a token that is of no mini-program', async () => {
    const otto = await signIn('otto');
    await world.database.query('DELETE FROM identities WHERE user_id = $1', [otto.id]);
    expect((await otto.rename('小明')).body.nickname).toBe('小明');
    expect(await judged()).toEqual([]);
    expect(await pending()).toEqual([]);
  });

  it('are not stored if the user was disabled while WeChat judged', async () => {
    const anna = await signIn('anna');
    await anna.rename('小明');
    const letGo = await world.hold(`UPDATE users SET status = 'disabled' WHERE id = $1`, [anna.id]);
    const renaming = anna.rename('小红');
    await world.waitsForLock();
    await letGo('COMMIT');
    expect(await renaming).toMatchObject({ status: 401, body: { code: 'session_revoked' } });
    const [user] = await world.database.query(
      `UPDATE users SET status = 'active' WHERE id = $1 RETURNING nickname`,
      [anna.id],
    );
    expect(user).toEqual({ nickname: '小明' });
  });

  it('keep no login waiting while WeChat judges', async () => {
    const anna = await signIn('anna');
    await world.fault({ path, delayMs: 1_500, times: 1 });
    const renaming = anna.rename('小明').then(() => 'nickname');
    await expect.poll(judged).toEqual(['小明']);
    const login = world.login(node, 'bert').then(() => 'login');
    expect(await Promise.race([renaming, login])).toBe('login');
    await renaming;
  });

  it.each([
    ['is busy', { errcode: -1 }],
    ['refuses this server', { errcode: 40164 }],
    ['hangs up', { reset: true }],
    ['answers with a page', { body: 'html' }],
    ['gives no verdict', { errcode: 0 }],
  ])('are stored, and judged later, if WeChat %s', async (_, fault) => {
    const anna = await signIn('anna');
    await world.fault({ path, ...fault });
    expect(await anna.rename('小明')).toMatchObject({ status: 200, body: { nickname: '小明' } });
    expect(await pending()).toEqual([anna.id]);
    expect((await anna.rename(null)).status).toBe(200);
    expect(await pending()).toEqual([]);
  });

  it.each([45009, 45011])(
    'wait unseen if they are too many for WeChat, which answers %i',
    async (errcode) => {
      const anna = await signIn('anna');
      await anna.rename('小明');
      await world.fault({ path, errcode });
      const seen = { nickname: '小明', pendingNickname: '小红' };
      expect(await anna.rename('小红')).toMatchObject({ status: 200, body: seen });
      expect((await node.me(anna.accessToken)).body).toMatchObject(seen);
      expect((await node.as(anna.accessToken, 'GET', '/me/export')).body.user).toMatchObject(seen);
      expect((await world.login(node, anna.user)).body.user.nickname).toBe('小明');
      expect(await pending()).toEqual([anna.id]);
      expect((await anna.rename(null)).body).toMatchObject({ nickname: null, pendingNickname: null });
      expect(await pending()).toEqual([]);
    },
  );

  it('wait unseen if there is no access_token to be had for the check', async () => {
    const crowded = await world.startNode();
    const { accessToken } = (await world.login(crowded, 'anna')).body;
    await world.fault({ path: '/cgi-bin/stable_token', errcode: 45009 });
    const { body } = await crowded.as(accessToken, 'PATCH', '/me', { nickname: '小红' });
    expect(body).toMatchObject({ nickname: null, pendingNickname: '小红' });
    await world.database.query('DELETE FROM nickname_checks');
  });

  it('that wait go with the user when they are erased', async () => {
    const anna = await signIn('anna');
    await world.fault({ path, errcode: 45009 });
    await anna.rename('小红');
    const admin = await world.createAdmin(node);
    expect((await node.as(admin.accessToken, 'DELETE', `/admin/users/${anna.id}`)).status).toBe(202);
    await expect.poll(pending).toEqual([]);
  });

  it('that wait go to the user who stays of two that are merged, unless that one has a nickname', async () => {
    const admin = await world.createAdmin(node);
    for (const hasOne of [false, true]) {
      const anna = await signIn(`anna-${hasOne}`, alone.appid);
      const bert = await signIn(`bert-${hasOne}`);
      if (hasOne) await anna.rename('小明');
      await world.fault({ path, errcode: 45009 });
      await bert.rename('小红');
      await world.control('DELETE', '/faults');
      const merge = { into: anna.id };
      const { status } = await node.as(admin.accessToken, 'POST', `/admin/users/${bert.id}/merge`, merge);
      expect(status).toBeLessThan(300);
      expect((await node.me(anna.accessToken)).body).toMatchObject(
        hasOne ? { nickname: '小明', pendingNickname: null } : { nickname: null, pendingNickname: '小红' },
      );
      await world.database.query('DELETE FROM nickname_checks');
    }
  });

  describe('that waited', () => {
    const outcomes = new Map<string, unknown>();

    beforeAll(async () => {
      await world.control('POST', '/reset');
      const users = new Map<string, TestUser>();
      for (const name of ['good', 'risky', 'overUnjudged', 'unlinked', 'stillCrowded', 'overdue']) {
        users.set(name, await signIn(name, name === 'stillCrowded' ? cake.appid : tea.appid));
      }
      await world.fault({ path, errcode: 40164 });
      await users.get('overUnjudged')!.rename(`old ${risky}`);
      await world.control('DELETE', '/faults');
      for (const [name, user] of users) if (name !== 'overUnjudged') await user.rename('old');
      await world.fault({ path, errcode: 45009 });
      await users.get('good')!.rename('new');
      await users.get('risky')!.rename(`new ${risky}`);
      await users.get('overUnjudged')!.rename(`new ${risky}`);
      await users.get('unlinked')!.rename(`new ${risky}`);
      await users.get('stillCrowded')!.rename('new');
      await users.get('overdue')!.rename('new');
      await world.control('DELETE', '/faults');
      await world.fault({ path, appid: cake.appid, errcode: 45009 });
      const [unlinked, overdue] = [users.get('unlinked')!, users.get('overdue')!];
      await world.database.query('DELETE FROM identities WHERE user_id = $1', [unlinked.id]);
      await world.database.query(
        `UPDATE nickname_checks SET created_at = now() - interval '31 days' WHERE user_id = $1`,
        [overdue.id],
      );
      const outcomeOf = async ({ id }: TestUser) => {
        const [row] = await world.database.query(
          `SELECT nickname, waiting_nickname AS waiting FROM users LEFT JOIN nickname_checks ON user_id = id WHERE id = $1`,
          [id],
        );
        return row;
      };
      const judge = async () => {
        await world.database.query('UPDATE nickname_checks SET due_at = now()');
        const later = await world.startNode({ LOG_LEVEL: 'trace' });
        await vi.waitUntil(
          async () =>
            (await world.database.count(`nickname_checks WHERE due_at <= now()`)) === 0 &&
            (await world.database.count(`nickname_checks`)) <= 1,
          { timeout: 60_000 },
        );
        await later.stop();
      };
      await judge();
      for (const [name, user] of users) outcomes.set(name, await outcomeOf(user));
    });

    it('are shown if WeChat lets them pass', () => {
      expect(outcomes.get('good')).toEqual({ nickname: 'new', waiting: null });
    });

    it('are dropped if WeChat rejects them, and the old one stays', () => {
      expect(outcomes.get('risky')).toEqual({ nickname: 'old', waiting: null });
    });

    it('leave an old one to be judged if it never was', () => {
      expect(outcomes.get('overUnjudged')).toEqual({ nickname: null, waiting: null });
    });

    it('are dropped if the user has left the mini-program', () => {
      expect(outcomes.get('unlinked')).toEqual({ nickname: 'old', waiting: null });
    });

    it('wait on if WeChat still cannot be asked', () => {
      expect(outcomes.get('stillCrowded')).toEqual({ nickname: 'old', waiting: 'new' });
    });

    it('are dropped after thirty days', () => {
      expect(outcomes.get('overdue')).toEqual({ nickname: 'old', waiting: null });
    });
  });

  describe('that were to be judged later', () => {
    const names = {
      good: '小明',
      risky: `1${risky}`,
      doubtful: `2${doubtful}`,
      changed: `3${risky}`,
      inactive: `4${risky}`,
      stillAway: `5${risky}`,
      overdue: `6${risky}`,
    };
    const users = new Map<string, TestUser>();
    let later: ServiceNode;

    async function outcome(name: keyof typeof names): Promise<unknown> {
      const [row] = await world.database.query(
        `SELECT nickname, due_at > now() + interval '50 minutes' AS "isPostponed"
         FROM users LEFT JOIN nickname_checks ON user_id = id WHERE id = $1`,
        [users.get(name)!.id],
      );
      return row;
    }

    /** All of them at once, by a node that starts: jobs begin with that. */
    beforeAll(async () => {
      await world.control('POST', '/reset');
      await world.fault({ path, errcode: 40164 });
      for (const [name, nickname] of Object.entries(names)) {
        const user = await signIn(name, name === 'stillAway' ? cake.appid : tea.appid);
        await user.rename(nickname);
        users.set(name, user);
      }
      await world.control('DELETE', '/faults');
      await world.control('POST', '/clock', { advanceSeconds: twoHours });
      for (const [name, { user }] of users) if (name !== 'inactive') await world.login(node, user);
      await node.stop();

      await world.fault({ path, appid: cake.appid, errcode: 45009 });
      await world.database.query(`UPDATE nickname_checks SET due_at = now()`);
      await world.database.query(
        `UPDATE nickname_checks SET created_at = now() - interval '31 days' WHERE user_id = $1`,
        [users.get('overdue')!.id],
      );
      await world.control('DELETE', '/requests');
      const letGo = await world.hold(`UPDATE users SET nickname = '小红' WHERE id = $1`, [
        users.get('changed')!.id,
      ]);
      later = await world.startNode({ LOG_LEVEL: 'trace' });
      await vi.waitUntil(async () => {
        const texts = await judged();
        return texts.includes(names.changed) && texts.includes(names.stillAway);
      }, patient);
      // The verdict on the old one is there, and the newer one is first.
      await world.waitsForLock();
      await letGo('COMMIT');
      await later.stop();
    });

    it('stay if WeChat lets them pass', async () => {
      expect(await outcome('good')).toEqual({ nickname: '小明', isPostponed: null });
    });

    it('vanish if WeChat rejects them, and it is written down without them', async () => {
      expect(await outcome('risky')).toEqual({ nickname: null, isPostponed: null });
      expect(await outcome('doubtful')).toEqual({ nickname: null, isPostponed: null });
      expect(
        await world.database.query(
          `SELECT actor, actor_id, user_id, details FROM audit_events
           WHERE action = 'user.nickname_rejected' AND user_id = ANY ($1) ORDER BY details->>'verdict' DESC`,
          [[users.get('risky')!.id, users.get('doubtful')!.id]],
        ),
      ).toEqual([
        { actor: 'service', actor_id: null, user_id: users.get('risky')!.id, details: { verdict: 'risky' } },
        {
          actor: 'service',
          actor_id: null,
          user_id: users.get('doubtful')!.id,
          details: { verdict: 'review' },
        },
      ]);
    });

    it('do not take a newer one with them', async () => {
      expect(await outcome('changed')).toMatchObject({ nickname: '小红' });
    });

    it('wait for another hour if WeChat has not seen the user, or still cannot be asked', async () => {
      expect(await outcome('inactive')).toEqual({ nickname: names.inactive, isPostponed: true });
      expect(await outcome('stillAway')).toEqual({ nickname: names.stillAway, isPostponed: true });
    });

    it('stay after thirty days in which WeChat could not judge them', async () => {
      expect(await outcome('overdue')).toEqual({ nickname: names.overdue, isPostponed: null });
    });

    it('are in no log', () => {
      for (const { output } of [node, later]) expect(output).not.toMatch(/小明|小红|违禁词|可疑词/);
    });
  });
});
