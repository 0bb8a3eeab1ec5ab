import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Admin } from '../harness/admin.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { ScriptedWechat } from '../harness/scripted-wechat.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('unionid conflicts: a unionid that cannot be true', () => {
  const world = useWorld();
  let wechat: ScriptedWechat;
  let node: ServiceNode;
  let other: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    wechat = await ScriptedWechat.start();
    const settings = { WECHAT_BASE_URL: wechat.url };
    [node, other] = await Promise.all([world.startNode(settings), world.startNode(settings)]);
    const logIn = () => login({ openid: 'o-operator' }, alone.appid);
    const { id } = (await logIn()).body.user;
    await world.database.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [id]);
    admin = new Admin(node, id, (await logIn()).body.accessToken);
  });
  afterAll(() => wechat.stop());

  function login(
    { openid, unionid }: { openid: string; unionid?: unknown },
    appid: string = tea.appid,
    on: ServiceNode = node,
  ): Promise<Answer> {
    return on.login({ code: wechat.code({ openid, unionid }), appid });
  }
  const link = (to: Answer, session: { openid: string; unionid?: unknown }, appid: string) =>
    node.as(to.body.accessToken, 'POST', '/me/identities', { code: wechat.code(session), appid });

  const idOf = (answer: Answer): string => answer.body.user.id;
  /** Two openids of one mini-program, and a unionid that both are said to have. */
  const makeUp = () => {
    const name = randomUUID();
    return { one: `o-one-${name}`, two: `o-two-${name}`, unionid: `u-${name}` };
  };
  const identities = (userId: string) =>
    world.database.query(
      'SELECT appid, openid, unionid FROM identities WHERE user_id = $1 ORDER BY linked_at',
      [userId],
    );
  const conflicts = async (userId: string) =>
    (
      await world.database.query<{ action: string; details: object }>(
        'SELECT action, details FROM audit_events WHERE user_id = $1 ORDER BY id',
        [userId],
      )
    ).filter(({ action }) => action.startsWith('user.'));
  /** Nobody has two openids in one mini-program. */
  const expectNoDoubles = async () =>
    expect(
      await world.database.query(
        'SELECT user_id FROM identities GROUP BY user_id, appid HAVING count(*) > 1',
      ),
    ).toEqual([]);

  describe('because it is a word for nothing', () => {
    it.each([
      'null',
      'NULL',
      ' null ',
      'nil',
      'None',
      'undefined',
      'N/A',
      'NaN',
      '-',
      '0',
      '\\N',
      ' ',
      '无',
      0,
      false,
      null,
    ])('is none: %j makes nobody one with anybody', async (unionid) => {
      const { one, two } = makeUp();
      const [first, second] = [await login({ openid: one, unionid }), await login({ openid: two, unionid })];
      const third = await login({ openid: one, unionid }, cake.appid);
      for (const { status, body } of [first, second, third]) {
        expect({ status, isNewUser: body.isNewUser }).toEqual({ status: 200, isNewUser: true });
      }
      expect(await identities(idOf(first))).toEqual([{ appid: tea.appid, openid: one, unionid: null }]);
    });

    it.each(['null', 'undefined', '0', '-'])('lets nobody in as the openid %j', async (openid) => {
      expect(await login({ openid })).toMatchObject({ status: 503, body: { code: 'wechat_unavailable' } });
    });
  });

  describe('because two openids of one mini-program have it', () => {
    it('makes no one user of them: the second is a user without it, now and later', async () => {
      const { one, two, unionid } = makeUp();
      const first = await login({ openid: one, unionid });
      const second = await login({ openid: two, unionid });
      expect(second).toMatchObject({ status: 200, body: { isNewUser: true } });
      expect(idOf(second)).not.toBe(idOf(first));
      for (const on of [node, other]) {
        expect(idOf(await login({ openid: one, unionid }, tea.appid, on))).toBe(idOf(first));
        expect((await login({ openid: two, unionid }, tea.appid, on)).body).toMatchObject({
          isNewUser: false,
          user: { id: idOf(second) },
        });
      }
      expect(await identities(idOf(first))).toEqual([{ appid: tea.appid, openid: one, unionid }]);
      expect(await identities(idOf(second))).toEqual([{ appid: tea.appid, openid: two, unionid: null }]);
    });

    it('goes on to lead to the first one from other mini-programs', async () => {
      const { one, two, unionid } = makeUp();
      const first = await login({ openid: one, unionid });
      await login({ openid: two, unionid });
      expect((await login({ openid: `${one}-cake`, unionid }, cake.appid)).body).toMatchObject({
        isNewUser: false,
        user: { id: idOf(first) },
      });
    });

    it('is told to the admin once, in the audit and in the log, without openid and unionid', async () => {
      const { one, two, unionid } = makeUp();
      const first = idOf(await login({ openid: one, unionid }));
      const second = idOf(await login({ openid: two, unionid }));
      for (let round = 0; round < 3; round += 1) await login({ openid: two, unionid });
      expect(await conflicts(first)).toEqual([
        { action: 'user.unionid_conflict', details: { with: second } },
      ]);
      expect(await conflicts(second)).toEqual([
        { action: 'user.unionid_conflict', details: { with: first } },
      ]);
      const lines = node.output.split('\n').filter((line) => line.includes(second));
      expect(lines).toEqual([expect.stringContaining(first)]);
      for (const secret of [one, two, unionid]) expect(node.output).not.toContain(secret);
      expect((await admin.callUsers('POST', 'search', { q: second })).body.items[0]).toMatchObject({
        mergePendingWith: null,
      });
    });

    it('makes two users of two openids that come for the first time at once, twenty times', async () => {
      for (let round = 0; round < 20; round += 1) {
        const { one, two, unionid } = makeUp();
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            login({ openid: index % 4 < 2 ? one : two, unionid }, tea.appid, index % 2 === 0 ? node : other),
          ),
        );
        expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
        const [ofOne, ofTwo] = [true, false].map(
          (isOne) => new Set(answers.filter((_, index) => index % 4 < 2 === isOne).map(idOf)),
        );
        expect([ofOne!.size, ofTwo!.size, new Set([...ofOne!, ...ofTwo!]).size]).toEqual([1, 1, 2]);
        expect(answers.filter(({ body }) => body.isNewUser)).toHaveLength(2);
      }
      await expectNoDoubles();
    });

    it('is not learnt late by the second, who stays who they are', async () => {
      const { one, two, unionid } = makeUp();
      const [first, second] = [await login({ openid: one }), await login({ openid: two })];
      expect(idOf(await login({ openid: one, unionid }))).toBe(idOf(first));
      expect(idOf(await login({ openid: two, unionid }))).toBe(idOf(second));
      expect(await identities(idOf(second))).toEqual([{ appid: tea.appid, openid: two, unionid: null }]);
      expect(await conflicts(idOf(second))).toHaveLength(1);
    });

    it('does not replace the one that the second has', async () => {
      const { one, two, unionid } = makeUp();
      const first = await login({ openid: one, unionid });
      const second = await login({ openid: two, unionid: `${unionid}-own` });
      expect(idOf(await login({ openid: two, unionid }))).toBe(idOf(second));
      expect(await identities(idOf(second))).toEqual([
        { appid: tea.appid, openid: two, unionid: `${unionid}-own` },
      ]);
      expect(
        (await login({ openid: `${two}-cake`, unionid: `${unionid}-own` }, cake.appid)).body.user.id,
      ).toBe(idOf(second));
      expect((await login({ openid: `${one}-cake`, unionid }, cake.appid)).body.user.id).toBe(idOf(first));
    });

    it('makes no one user of two who came through different mini-programs before', async () => {
      const { one, two, unionid } = makeUp();
      const first = await login({ openid: one, unionid });
      const second = await login({ openid: `${two}-cake` }, cake.appid);
      await link(second, { openid: two }, tea.appid);
      expect(idOf(await login({ openid: `${two}-cake`, unionid }, cake.appid))).toBe(idOf(second));
      expect(await conflicts(idOf(first))).toContainEqual({
        action: 'user.unionid_conflict',
        details: { with: idOf(second) },
      });
      await expectNoDoubles();
    });

    it('bans and deletes nobody together with the other', async () => {
      const { one, two, unionid } = makeUp();
      const first = await login({ openid: one, unionid });
      const second = await login({ openid: two });
      await admin.callUsers('PATCH', idOf(first), { status: 'disabled' });
      expect(idOf(await login({ openid: two, unionid }))).toBe(idOf(second));
      expect((await login({ openid: `${two}-more`, unionid })).body.isNewUser).toBe(true);
      await admin.callUsers('PATCH', idOf(first), { status: 'active' });
      const again = await login({ openid: one, unionid });
      expect((await node.as(again.body.accessToken, 'DELETE', '/me')).status).toBe(202);
      expect(idOf(await login({ openid: two, unionid }))).toBe(idOf(second));
      expect((await login({ openid: `${two}-most`, unionid })).body.isNewUser).toBe(true);
      expect((await login({ openid: one, unionid })).body.code).toBe('account_deleting');
    });

    it('is of no use to link the second, and merging by hand is refused', async () => {
      const { one, two, unionid } = makeUp();
      const first = await login({ openid: one, unionid });
      const taken = { status: 409, body: { code: 'identity_taken' } };
      expect(await link(first, { openid: two, unionid }, tea.appid)).toMatchObject(taken);
      const second = await login({ openid: two, unionid });
      expect(await link(first, { openid: two, unionid }, tea.appid)).toMatchObject(taken);
      for (const [from, into] of [
        [first, second],
        [second, first],
      ] as const) {
        expect(await admin.callUsers('POST', `${idOf(from)}/merge`, { into: idOf(into) })).toMatchObject({
          status: 409,
          body: { code: 'merge_refused' },
        });
      }
    });
  });

  describe('because another openid was linked in that mini-program', () => {
    /** A user with a unionid, and with an openid of cake that has none. */
    async function linked() {
      const { one, two, unionid } = makeUp();
      const user = await login({ openid: one, unionid });
      expect((await link(user, { openid: `${two}-friend` }, cake.appid)).status).toBe(200);
      return { user, one, unionid, own: { openid: `${one}-cake`, unionid } };
    }

    it('makes a user of its own, who is one with the other once that openid is unlinked', async () => {
      const { user, own } = await linked();
      const apart = await login(own, cake.appid);
      expect(apart).toMatchObject({ status: 200, body: { isNewUser: true } });
      expect(idOf(await login(own, cake.appid, other))).toBe(idOf(apart));
      expect((await node.as(user.body.accessToken, 'DELETE', `/me/identities/${cake.appid}`)).status).toBe(
        204,
      );
      expect(idOf(await login(own, cake.appid))).toBe(idOf(user));
    });

    it('keeps out all the same a user whose unionid is that of a disabled user', async () => {
      const { user, own } = await linked();
      await admin.callUsers('PATCH', idOf(user), { status: 'disabled' });
      expect(await login(own, cake.appid)).toMatchObject({ status: 403, body: { code: 'account_disabled' } });
    });

    it('makes no user with two openids if linking and logging in happen at once, twenty times', async () => {
      for (let round = 0; round < 20; round += 1) {
        const { one, two, unionid } = makeUp();
        const user = await login({ openid: one, unionid });
        const answers = await Promise.all([
          link(user, { openid: `${two}-friend` }, cake.appid),
          login({ openid: `${one}-cake`, unionid }, cake.appid, other),
        ]);
        expect(answers[1].status).toBe(200);
        expect([200, 409]).toContain(answers[0].status);
      }
      await expectNoDoubles();
    });

    it('makes no user with two openids if both come at once by different unionids of theirs', async () => {
      for (let round = 0; round < 20; round += 1) {
        const { one, unionid } = makeUp();
        const user = await login({ openid: one, unionid });
        await link(user, { openid: `${one}-alone`, unionid: `${unionid}-alone` }, alone.appid);
        const answers = await Promise.all([
          login({ openid: `${one}-a`, unionid }, cake.appid),
          login({ openid: `${one}-b`, unionid: `${unionid}-alone` }, cake.appid, other),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        expect(answers.filter((answer) => idOf(answer) === idOf(user))).toHaveLength(1);
      }
      await expectNoDoubles();
    });
  });
});
