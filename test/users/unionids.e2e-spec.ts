import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('the unionid', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

  /** Whether WeChat sends the unionid of a user. */
  const tell = (id: string, unionid: boolean) => world.control('POST', '/users', { id, unionid });
  const unionids = (userId: string) =>
    world.database.query(
      `SELECT appid, identities.unionid, unionids.user_id FROM identities
       LEFT JOIN unionids ON unionids.unionid = identities.unionid
       WHERE identities.user_id = $1 ORDER BY appid`,
      [userId],
    );

  it('is kept if WeChat tells it late, and leads to the same user from then on', async () => {
    await tell('anna', false);
    const first = await world.login(node, 'anna');
    const { id } = first.body.user;
    expect(await unionids(id)).toEqual([{ appid: tea.appid, unionid: null, user_id: null }]);
    await tell('anna', true);
    expect((await world.login(other, 'anna')).body).toMatchObject({ isNewUser: false, user: { id } });
    expect(await unionids(id)).toEqual([{ appid: tea.appid, unionid: expect.any(String), user_id: id }]);
    expect((await world.login(node, 'anna', cake.appid)).body).toMatchObject({
      isNewUser: false,
      user: { id },
    });
  });

  it('is kept if WeChat withholds it again', async () => {
    const { id } = (await world.login(node, 'bert')).body.user;
    const before = await unionids(id);
    await tell('bert', false);
    expect((await world.login(node, 'bert')).body.user.id).toBe(id);
    expect(await unionids(id)).toEqual(before);
  });

  it('makes one user of a person, however many logins it appears in at once', async () => {
    await tell('carl', false);
    const { id } = (await world.login(node, 'carl')).body.user;
    await tell('carl', true);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        world.login([node, other][index % 2]!, 'carl', index < 6 ? tea.appid : cake.appid),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    // Those of the second mini-program that came before the unionid was known are a user of their own.
    const others = new Set(answers.map(({ body }) => body.user.id).filter((each) => each !== id));
    expect(others.size).toBeLessThanOrEqual(1);
    expect(new Set(answers.slice(0, 6).map(({ body }) => body.user.id))).toEqual(new Set([id]));
  });

  it('may be another one, when the mini-program has moved to another account: the user stays', async () => {
    const { id } = (await world.login(node, 'dora')).body.user;
    const [before] = await unionids(id);
    await world.control('POST', '/apps', { ...tea, openPlatform: 'two' });
    try {
      expect((await world.login(node, 'dora')).body).toMatchObject({ isNewUser: false, user: { id } });
    } finally {
      await world.control('POST', '/apps', { ...tea, openPlatform: 'one' });
    }
    const [after] = await unionids(id);
    expect(after).toEqual({ appid: tea.appid, unionid: expect.any(String), user_id: id });
    expect(after!['unionid']).not.toBe(before!['unionid']);
  });

  it('is not learnt by the refused login of a disabled user', async () => {
    await tell('emil', false);
    const { id } = (await world.login(node, 'emil')).body.user;
    await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [id]);
    await tell('emil', true);
    expect((await world.login(node, 'emil')).body.code).toBe('account_disabled');
    expect(await unionids(id)).toEqual([{ appid: tea.appid, unionid: null, user_id: null }]);
  });

  it('makes one user of two mini-programs and one new person at the same instant, fifty times', async () => {
    for (let round = 0; round < 50; round += 1) {
      const [one, two] = await Promise.all([
        world.login(node, `new-${round}`, tea.appid),
        world.login(other, `new-${round}`, cake.appid),
      ]);
      expect([one.status, two.status]).toEqual([200, 200]);
      expect(one.body.user.id).toBe(two.body.user.id);
      expect([one, two].filter(({ body }) => body.isNewUser)).toHaveLength(1);
    }
  });

  it('is none if the mini-program is bound to no account', async () => {
    const { id } = (await world.login(node, 'fred', alone.appid)).body.user;
    expect(await unionids(id)).toEqual([{ appid: alone.appid, unionid: null, user_id: null }]);
  });
});
