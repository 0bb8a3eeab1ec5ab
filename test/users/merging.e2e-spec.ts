import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, cake, soon, tea, useWorld } from '../harness/world.js';

describe('merging users: two who turn out to be one person', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
    admin = await world.createAdmin(node);
  });

  const tell = (id: string, unionid: boolean) => world.control('POST', '/users', { id, unionid });
  const idOf = (answer: Answer): string => answer.body.user.id;
  const merge = (from: string, into: unknown) => admin.callUsers('POST', `${from}/merge`, { into });
  const merged = { status: 401, body: { code: 'session_revoked', reason: 'merged' } };

  async function row(id: string): Promise<any> {
    const [user] = await world.database.query('SELECT * FROM users WHERE id = $1', [id]);
    return user;
  }

  const audit = async (id: string) =>
    (
      await world.database.query<{ action: string; details: object }>(
        'SELECT action, details FROM audit_events WHERE user_id = $1 ORDER BY id',
        [id],
      )
    ).filter(({ action }) => action.startsWith('user.merge'));

  /** Two users of one WeChat user in two mini-programs, because WeChat sent no unionid; the older one first. */
  async function twoUsers(name: string): Promise<[Answer, Answer]> {
    await tell(name, false);
    const [first, second] = [
      await world.login(node, name, tea.appid),
      await world.login(node, name, cake.appid),
    ];
    expect(idOf(first)).not.toBe(idOf(second));
    await tell(name, true);
    return [first, second];
  }

  it('become the older one when WeChat tells the unionid, and the phones of the other log in again', async () => {
    const [older, younger] = await twoUsers('anna');
    expect(idOf(await world.login(node, 'anna', tea.appid))).toBe(idOf(older));
    const login = await world.login(other, 'anna', cake.appid);
    expect(login.body).toMatchObject({ isNewUser: false, user: { id: idOf(older) } });

    expect(await other.me(younger.body.accessToken)).toMatchObject(merged);
    await expect.poll(() => node.me(younger.body.accessToken), soon).toMatchObject(merged);
    expect(await node.refresh(younger.body.refreshToken)).toMatchObject(merged);
    expect((await node.refresh(older.body.refreshToken)).status).toBe(200);

    const me = await node.me(login.body.accessToken);
    expect(me.body.identities.map(({ appid }: { appid: string }) => appid)).toEqual([tea.appid, cake.appid]);
    const from = idOf(younger);
    const into = idOf(older);
    expect(await row(from)).toMatchObject({ status: 'merged', merged_into: into });
    for (const id of [from, into]) {
      expect(await audit(id)).toEqual([{ action: 'user.merged', details: { from, into } }]);
    }
  });

  it('are the older one also if the younger learns of the unionid first', async () => {
    const [older, younger] = await twoUsers('bert');
    expect(idOf(await world.login(node, 'bert', cake.appid))).toBe(idOf(younger));
    expect(idOf(await world.login(node, 'bert', tea.appid))).toBe(idOf(older));
    expect(idOf(await world.login(node, 'bert', cake.appid))).toBe(idOf(older));
  });

  it('keep what the one that stays has, and take what it lacks from the other', async () => {
    const [older, younger] = await twoUsers('carl');
    await node.as(older.body.accessToken, 'PATCH', '/me', { nickname: '老' });
    await node.as(younger.body.accessToken, 'PATCH', '/me', { nickname: '新' });
    await world.control('POST', '/users', { id: 'carl', phone: '13800138000' });
    const { code } = await world.control('POST', '/wx/getPhoneNumber', { appid: cake.appid, user: 'carl' });
    expect((await node.as(younger.body.accessToken, 'POST', '/me/phone', { code })).status).toBe(200);
    await world.database.query(`UPDATE users SET external_id = 'crm-carl' WHERE id = $1`, [idOf(younger)]);
    await world.login(node, 'carl', tea.appid);
    const { body } = await world.login(node, 'carl', cake.appid);
    expect(body.user).toMatchObject({ id: idOf(older), nickname: '老', phone: '+8613800138000' });
    expect(await row(idOf(older))).toMatchObject({ external_id: 'crm-carl' });
    expect(await row(idOf(younger))).toMatchObject({
      nickname: null,
      phone_sealed: null,
      phone_index: null,
      external_id: null,
    });
  });

  it('keep the newer consent', async () => {
    const [older, younger] = await twoUsers('cora');
    for (const [appid, policyVersion] of [
      [tea.appid, 'old'],
      [cake.appid, 'new'],
    ]) {
      await tell('cora', false);
      const code = await world.code('cora', appid);
      await node.login({ code, appid, consent: { policyVersion } });
    }
    await tell('cora', true);
    await world.login(node, 'cora', tea.appid);
    const { body } = await world.login(node, 'cora', cake.appid);
    expect(body.user.id).toBe(idOf(older));
    expect((await row(idOf(younger))).status).toBe('merged');
    expect((await node.me(body.accessToken)).body.consent).toMatchObject({ policyVersion: 'new' });
  });

  it('are one if the unionid is told in the middle of a merge by hand', async () => {
    await tell('dina', false);
    await tell('dino', false);
    const duplicate = await world.login(node, 'dina', tea.appid);
    const primary = await world.login(node, 'dino', alone.appid);
    await tell('dina', true);
    const letGo = await world.hold('SELECT FROM identities WHERE user_id = $1 FOR UPDATE', [idOf(duplicate)]);
    const merging = merge(idOf(duplicate), idOf(primary));
    await world.waitsForLock();
    const login = world.login(node, 'dina', tea.appid);
    await world.waitsForLock(2);
    await letGo();
    expect((await merging).status).toBe(200);
    expect(idOf(await login)).toBe(idOf(primary));
    expect(idOf(await world.login(other, 'dina', cake.appid))).toBe(idOf(primary));
  });

  it('are one after any number of logins at once', async () => {
    const [older] = await twoUsers('dora');
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        world.login(index % 2 === 0 ? node : other, 'dora', index % 4 < 2 ? tea.appid : cake.appid),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
    const [one, two] = [
      await world.login(node, 'dora', tea.appid),
      await world.login(other, 'dora', cake.appid),
    ];
    expect([idOf(one), idOf(two)]).toEqual([idOf(older), idOf(older)]);
    expect(await world.database.count(`users WHERE merged_into = '${idOf(older)}'`)).toBe(1);
  });

  it('are refused if either is disabled, and nothing is merged', async () => {
    const [older, younger] = await twoUsers('emil');
    await world.login(node, 'emil', tea.appid);
    await admin.callUsers('PATCH', idOf(older), { status: 'disabled', reason: 'spam' });
    expect(await world.login(node, 'emil', cake.appid)).toMatchObject({
      status: 403,
      body: { code: 'account_disabled', reason: 'spam' },
    });
    expect(await row(idOf(younger))).toMatchObject({ status: 'active', merged_into: null });
  });

  it('are one if the ban of either is over, whether or not anybody has noticed', async () => {
    const [older, younger] = await twoUsers('erna');
    await world.login(node, 'erna', tea.appid);
    await admin.callUsers('PATCH', idOf(older), { status: 'disabled' });
    await world.database.query('UPDATE users SET disabled_until = now() WHERE id = $1', [idOf(older)]);
    expect(await world.login(node, 'erna', cake.appid)).toMatchObject({
      status: 200,
      body: { user: { id: idOf(older) } },
    });
    expect(await row(idOf(younger))).toMatchObject({ status: 'merged', merged_into: idOf(older) });
  });

  it('are left to the admin if one has a role: told once, in the audit and in the search', async () => {
    const [older, younger] = await twoUsers('fred');
    await admin.callUsers('PATCH', idOf(younger), { roles: ['editor'] });
    await world.login(node, 'fred', tea.appid);
    for (let round = 0; round < 3; round += 1) {
      expect(idOf(await world.login(node, 'fred', cake.appid))).toBe(idOf(younger));
    }
    expect(await audit(idOf(older))).toEqual([
      { action: 'user.merge_pending', details: { with: idOf(younger) } },
    ]);
    const { body } = await admin.callUsers('POST', 'search', { q: idOf(younger) });
    expect(body.items[0]).toMatchObject({ mergePendingWith: idOf(older), mergedInto: null });

    expect(await merge(idOf(older), idOf(younger))).toMatchObject({
      status: 200,
      body: { id: idOf(younger), roles: ['editor'], mergePendingWith: null },
    });
    expect(idOf(await world.login(node, 'fred', tea.appid))).toBe(idOf(younger));
  });

  describe('are three, one of whom has a role', () => {
    let older: Answer;
    let younger: Answer;
    let youngest: Answer;
    let laterLogins: Answer[];
    beforeEach(async () => {
      await world.control('POST', '/apps', { ...alone, openPlatform: 'one' });
      const name = `fynn-${randomUUID()}`;
      [older, younger] = await twoUsers(name);
      await tell(name, false);
      youngest = await world.login(node, name, alone.appid);
      await tell(name, true);
      await admin.callUsers('PATCH', idOf(older), { roles: ['editor'] });
      await world.login(node, name, tea.appid);
      laterLogins = [];
      for (const { appid } of [cake, alone, cake, alone, cake, alone]) {
        laterLogins.push(await world.login(node, name, appid));
      }
    });
    afterEach(() => world.control('POST', '/apps', alone));

    const pendingWith = async (login: Answer) => (await row(idOf(login))).merge_pending_with;

    it('and are told to the admin once, however often they log in', async () => {
      expect(laterLogins.map(({ status }) => status)).toEqual(Array(6).fill(200));
      expect(await audit(idOf(older))).toEqual(
        [younger, youngest].map((each) => ({
          action: 'user.merge_pending',
          details: { with: idOf(each) },
        })),
      );
    });

    it('and wait for nobody once that one is erased', async () => {
      expect(await Promise.all([younger, youngest].map(pendingWith))).toEqual([idOf(older), idOf(older)]);
      await admin.callUsers('DELETE', idOf(older));
      expect(await Promise.all([younger, youngest].map(pendingWith))).toEqual([null, null]);
    });

    it('and the third waits with the one that stays once two are merged', async () => {
      expect((await merge(idOf(older), idOf(younger))).status).toBe(200);
      expect(await Promise.all([younger, youngest].map(pendingWith))).toEqual([null, idOf(younger)]);
    });
  });

  describe('one of whom is pending deletion', () => {
    /** Settles in two mini-programs, asks in one to be deleted, and comes back through the other with the unionid. */
    async function leaveOne(name: string, leaves: 'older' | 'younger') {
      const [older, younger] = await twoUsers(name);
      const [leaving, staying] = leaves === 'older' ? [older, younger] : [younger, older];
      const [left, kept] = leaves === 'older' ? [tea.appid, cake.appid] : [cake.appid, tea.appid];
      const again = await world.login(node, name, left);
      expect(idOf(again)).toBe(idOf(leaving));
      const { status, body } = await node.as(again.body.accessToken, 'DELETE', '/me');
      expect(status).toBe(202);
      return { leaving: idOf(leaving), staying: idOf(staying), left, kept, eraseAt: body.eraseAt };
    }

    const restore = async (name: string, appid: string) =>
      node.login({ code: await world.code(name, appid), appid, restore: true });
    const isDue = (id: string) =>
      world.database.query(`UPDATE users SET erase_at = now() - interval '1 second' WHERE id = $1`, [id]);

    describe.each(['older', 'younger'] as const)('the %s one', (leaves) => {
      it('stay two: the request stays, and the other one goes on', async () => {
        const name = `gerd-${leaves}`;
        const { leaving, staying, left, kept, eraseAt } = await leaveOne(name, leaves);
        for (let round = 0; round < 3; round += 1) {
          expect(await world.login(node, name, kept)).toMatchObject({
            status: 200,
            body: { isNewUser: false, user: { id: staying } },
          });
          expect(await world.login(other, name, left)).toMatchObject({
            status: 403,
            body: { code: 'account_deleting', eraseAt },
          });
        }
        expect(await row(leaving)).toMatchObject({ status: 'deleting', merged_into: null });
        expect((await row(leaving)).erase_at.toISOString()).toBe(eraseAt);
        expect(await row(staying)).toMatchObject({ status: 'active', merge_pending_with: null });
        expect([...(await audit(leaving)), ...(await audit(staying))]).toEqual([]);
      });

      it('stay two if all of their logins come at once', async () => {
        const name = `gero-${leaves}`;
        const { leaving, staying, left, kept } = await leaveOne(name, leaves);
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, index) =>
            world.login([node, other][index % 2]!, name, index % 4 < 2 ? left : kept),
          ),
        );
        const [ofLeaving, ofStaying] = [true, false].map((isLeaving) =>
          answers.filter((_, index) => index % 4 < 2 === isLeaving),
        );
        for (const { status, body } of ofLeaving!) {
          expect({ status, code: body.code }).toEqual({ status: 403, code: 'account_deleting' });
        }
        for (const { status, body } of ofStaying!) {
          expect({ status, id: body.user.id }).toEqual({ status: 200, id: staying });
        }
        expect(await row(leaving)).toMatchObject({ status: 'deleting', erase_at: expect.any(Date) });
      });

      it('are one after the request was taken back', async () => {
        const name = `gesa-${leaves}`;
        const { leaving, staying, left, kept } = await leaveOne(name, leaves);
        expect(idOf(await world.login(node, name, kept))).toBe(staying);
        expect(idOf(await restore(name, left))).toBe(leaving);
        const older = leaves === 'older' ? leaving : staying;
        expect(idOf(await world.login(node, name, kept))).toBe(older);
        expect(idOf(await world.login(other, name, left))).toBe(older);
      });

      it('keep the request if the other one sends restore: it takes back its own and no other', async () => {
        const name = `gina-${leaves}`;
        const { leaving, staying, kept } = await leaveOne(name, leaves);
        expect(idOf(await restore(name, kept))).toBe(staying);
        expect(await row(leaving)).toMatchObject({ status: 'deleting', erase_at: expect.any(Date) });
      });

      it('are the other one alone once the time has come, whether a login or the job erases', async () => {
        const name = `gisa-${leaves}`;
        const { leaving, staying, left, kept } = await leaveOne(name, leaves);
        expect(idOf(await world.login(node, name, kept))).toBe(staying);
        await isDue(leaving);
        expect(idOf(await world.login(node, name, kept))).toBe(staying);
        expect(await row(leaving)).toMatchObject({ status: 'deleting', erased_at: expect.any(Date) });
        const back = await world.login(other, name, left);
        expect(back.body).toMatchObject({ isNewUser: false, user: { id: staying } });
        expect(await world.database.count(`identities WHERE user_id = '${leaving}'`)).toBe(0);
      });

      it('are the other one alone if the erasure comes in the middle of its login', async () => {
        const name = `gitta-${leaves}`;
        const { leaving, staying, left, kept } = await leaveOne(name, leaves);
        await isDue(leaving);
        const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR UPDATE', [leaving]);
        const erased = admin.callUsers('DELETE', leaving);
        await world.waitsForLock();
        const login = world.login(node, name, kept);
        await world.waitsForLock(2);
        await letGo();
        expect((await erased).status).toBe(202);
        expect(await login).toMatchObject({ status: 200, body: { user: { id: staying } } });
        expect(idOf(await world.login(node, name, left))).toBe(staying);
      });

      it('are merged by no admin, in neither direction', async () => {
        const { leaving, staying } = await leaveOne(`gunda-${leaves}`, leaves);
        for (const [from, into] of [
          [leaving, staying],
          [staying, leaving],
        ] as const) {
          expect(await merge(from, into)).toMatchObject({ status: 409, body: { code: 'merge_refused' } });
        }
        expect(await row(leaving)).toMatchObject({ status: 'deleting', erase_at: expect.any(Date) });
      });

      it('are one by no link: the identity of the one pending deletion, and its unionid, are taken', async () => {
        const name = `gusti-${leaves}`;
        const { leaving, staying, left, kept } = await leaveOne(name, leaves);
        const login = await world.login(node, name, kept);
        expect(idOf(login)).toBe(staying);
        for (const appid of [left, kept]) {
          const code = await world.code(name, appid);
          expect(
            await node.as(login.body.accessToken, 'POST', '/me/identities', { code, appid }),
          ).toMatchObject({ status: 409, body: { code: 'identity_taken' } });
        }
        expect(await row(leaving)).toMatchObject({ status: 'deleting', erase_at: expect.any(Date) });
      });
    });

    it('are refused as the one pending deletion if that one learns of the unionid', async () => {
      const [older, younger] = await twoUsers('gregor');
      await world.login(node, 'gregor', tea.appid);
      await node.as(younger.body.accessToken, 'DELETE', '/me');
      expect(await world.login(node, 'gregor', cake.appid)).toMatchObject({
        status: 403,
        body: { code: 'account_deleting' },
      });
      expect(await row(idOf(younger))).toMatchObject({ status: 'deleting' });
      expect(idOf(await restore('gregor', cake.appid)), 'one, once the wish is taken back').toBe(idOf(older));
    });

    it('are deleted as one if the request comes in the middle of the merge', async () => {
      const [older, younger] = await twoUsers('greta');
      await world.login(node, 'greta', tea.appid);
      const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [idOf(younger)]);
      const login = world.login(node, 'greta', cake.appid);
      await world.waitsForLock();
      const wish = other.as(younger.body.accessToken, 'DELETE', '/me');
      await world.waitsForLock(2);
      await letGo();
      expect([(await login).status, (await wish).status]).toEqual([200, 202]);
      expect(await row(idOf(older))).toMatchObject({ status: 'deleting', erase_at: expect.any(Date) });
    });
  });

  it('are two as before if the node is killed in the middle, and one after the next login', async () => {
    const [older, younger] = await twoUsers('hugo');
    await world.login(node, 'hugo', tea.appid);
    const dying = await world.startNode();
    const code = await world.code('hugo', cake.appid);
    const release = await world.hold('SELECT FROM users WHERE id = $1 FOR UPDATE', [idOf(older)]);
    const lost = dying.login({ code, appid: cake.appid }).catch(() => 'died');
    await world.waitsForLock();
    await dying.stop('SIGKILL');
    expect(await lost).toBe('died');
    await world.endOtherWaits();
    await release();
    expect(await row(idOf(younger))).toMatchObject({ status: 'active', merged_into: null });
    expect((await node.me(younger.body.accessToken)).status).toBe(200);
    expect(idOf(await world.login(node, 'hugo', cake.appid))).toBe(idOf(older));
  });

  describe('merged by hand', () => {
    /** Two WeChat users, each in one mini-program. */
    const strangers = async (one: string, two: string) =>
      [await world.login(node, one, tea.appid), await world.login(node, two, alone.appid)] as const;

    it('lead to the one that stays wherever an id is looked up, through chains, too', async () => {
      const [a, b] = await strangers('gina', 'hans');
      await tell('ida', false);
      const c = await world.login(node, 'ida', cake.appid);
      expect((await merge(idOf(a), idOf(b))).status).toBe(200);
      expect((await merge(idOf(b), idOf(c))).status).toBe(200);
      for (const id of [idOf(a), idOf(b), idOf(c)]) {
        expect((await admin.callUsers('GET', id)).body.id).toBe(idOf(c));
        expect((await admin.callUsers('PATCH', id, { roles: ['editor'] })).body).toMatchObject({
          id: idOf(c),
        });
      }
      for (const login of [a, b]) expect(await node.me(login.body.accessToken)).toMatchObject(merged);
      expect(idOf(await world.login(other, 'gina', tea.appid))).toBe(idOf(c));
      expect((await admin.callUsers('DELETE', `${idOf(a)}/sessions`)).status).toBe(204);
    });

    it('stay disabled if one was, with reason and end', async () => {
      const [a, b] = await strangers('jane', 'kate');
      await admin.callUsers('PATCH', idOf(a), { status: 'disabled', reason: 'fraud' });
      expect((await merge(idOf(a), idOf(b))).body).toMatchObject({
        status: 'disabled',
        disabledReason: 'fraud',
      });
      expect(await node.me(b.body.accessToken)).toMatchObject({ body: { reason: 'disabled' } });
      expect((await world.login(node, 'kate', alone.appid)).body).toMatchObject({ code: 'account_disabled' });
    });

    it('stay disabled for as long as the longer of two bans', async () => {
      const [a, b] = await strangers('jule', 'karl');
      const until = new Date(Date.now() + 60_000).toISOString();
      await admin.callUsers('PATCH', idOf(a), { status: 'disabled', reason: 'for good' });
      await admin.callUsers('PATCH', idOf(b), { status: 'disabled', reason: 'for a minute', until });
      expect((await merge(idOf(a), idOf(b))).body).toMatchObject({
        status: 'disabled',
        disabledReason: 'for good',
        disabledUntil: null,
      });
    });

    it('stay disabled by the clock of the database, whatever that of a node says', async () => {
      const ahead = 'data:text/javascript,const now=Date.now;Date.now=()=>now()+600_000';
      const fast = await world.startNode({ NODE_OPTIONS: `--import "${ahead}"` });
      const [a, b] = await strangers('lars', 'lina');
      const until = new Date(Date.now() + 300_000).toISOString();
      await admin.callUsers('PATCH', idOf(a), { status: 'disabled', until });
      const path = `/admin/users/${idOf(a)}/merge`;
      expect(await fast.as(admin.accessToken, 'POST', path, { into: idOf(b) })).toMatchObject({
        status: 200,
        body: { status: 'disabled', disabledUntil: until },
      });
    });

    it.each<[string, (a: string, b: string) => [string, unknown], number, string]>([
      ['oneself', (a) => [a, a], 409, 'merge_refused'],
      ['nobody', (a) => [a, '01a1fc0b-8543-769f-a0a8-36d8f00a7120'], 404, 'not_found'],
      ['a text that is no id', (a) => [a, 'nonsense'], 400, 'invalid_request'],
      ['nothing', (a) => [a, undefined], 400, 'invalid_request'],
    ])('are refused with %s', async (_, call, status, code) => {
      const [a, b] = await strangers('lena', 'mona');
      expect(await merge(...call(idOf(a), idOf(b)))).toMatchObject({ status, body: { code } });
    });

    it('are refused if one was merged before, or both have an identity in one mini-program', async () => {
      const [a, b] = await strangers('nora', 'olga');
      await merge(idOf(a), idOf(b));
      const c = await world.login(node, 'paul', tea.appid);
      expect((await merge(idOf(a), idOf(c))).body.code).toBe('merge_refused');
      expect((await merge(idOf(c), idOf(b))).body.code, 'both came through tea').toBe('merge_refused');
    });

    it('are refused if WeChat has given them different unionids in one Open Platform account', async () => {
      // What shows that the two mini-programs belong together.
      for (const { appid } of [tea, cake]) await world.login(node, 'toni', appid);
      const a = await world.login(node, 'ruth', tea.appid);
      const b = await world.login(node, 'sven', cake.appid);
      expect((await merge(idOf(a), idOf(b))).body).toMatchObject({
        code: 'merge_refused',
        detail: expect.stringContaining('two people'),
      });
    });

    it('are one in one direction if both directions are asked for at once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [a, b] = await strangers(`quinn-${round}`, `rosa-${round}`);
        const answers = await Promise.all([merge(idOf(a), idOf(b)), merge(idOf(b), idOf(a))]);
        expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 409]);
      }
    });

    it('are consistent if the one that goes is erased meanwhile', async () => {
      for (let round = 0; round < 8; round += 1) {
        const [a, b] = await strangers(`uwe-${round}`, `vera-${round}`);
        const answers = await Promise.all([merge(idOf(a), idOf(b)), admin.callUsers('DELETE', idOf(a))]);
        expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
        const [one, two] = [await row(idOf(a)), await row(idOf(b))];
        // Whoever came first: merged and then erased as the one that stays, or erased and not to be merged.
        const erased = one.status === 'merged' ? two : one;
        expect(erased.erased_at).not.toBeNull();
        expect(await world.database.count(`identities WHERE user_id = '${erased.id}'`)).toBe(0);
        const again = await world.login(node, `uwe-${round}`, tea.appid);
        expect(again.body.isNewUser).toBe(true);
      }
    });

    it('are rid of a picture that nobody shows any more, also if its file could not be removed at once', async () => {
      const [a, b] = await strangers('tess', 'uwe');
      await merge(idOf(a), idOf(b));
      // As after a node that died between the commit and the removal.
      await world.database.query(`UPDATE users SET avatar_key = 'nowhere', erase_at = now() WHERE id = $1`, [
        idOf(a),
      ]);
      await world.startNode();
      // A minute later, if another node runs the jobs then.
      await expect
        .poll(() => row(idOf(a)), { timeout: 90_000 })
        .toMatchObject({ status: 'merged', avatar_key: null, erase_at: null, erased_at: null });
    });

    it('lose no picture that the one that goes uploads meanwhile', async () => {
      const png = Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
        'base64',
      );
      for (let round = 0; round < 5; round += 1) {
        const [a, b] = await strangers(`walt-${round}`, `xena-${round}`);
        const form = new FormData();
        form.set('file', new Blob([png], { type: 'image/png' }), 'avatar.png');
        const upload = fetch(`${node.url}/me/avatar`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${a.body.accessToken}` },
          body: form,
        });
        const [merging, uploading] = await Promise.all([merge(idOf(a), idOf(b)), upload]);
        expect(merging.status).toBe(200);
        expect([200, 401]).toContain(uploading.status);
        const { avatarUrl } = (await admin.callUsers('GET', idOf(b))).body;
        const key = (await row(idOf(b))).avatar_key;
        expect(avatarUrl === null).toBe(key === null);
        const served = key === null ? 404 : (await node.get(`/avatars/${key}`)).status;
        expect(served).toBe(key === null ? 404 : 200);
        expect(await row(idOf(a))).toMatchObject({ avatar_key: null });
      }
    });

    it('are consistent if the one that goes refreshes, logs in and is disabled meanwhile', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [a, b] = await strangers(`sara-${round}`, `tina-${round}`);
        const answers = await Promise.all([
          merge(idOf(a), idOf(b)),
          node.refresh(a.body.refreshToken),
          world.login(other, `sara-${round}`, tea.appid),
          admin.callUsers('PATCH', idOf(a), { status: 'disabled' }),
        ]);
        expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
        const primary = (await admin.callUsers('GET', idOf(a))).body;
        expect(primary.id).toBe(idOf(b));
        const again = await world.login(node, `sara-${round}`, tea.appid);
        expect(again.status).toBe(primary.status === 'disabled' ? 403 : 200);
        for (const { body } of answers.slice(1, 3).filter(({ status }) => status === 200)) {
          const dead = decodeJwt(body.accessToken).sub === idOf(a) || primary.status === 'disabled';
          const expected = dead ? 401 : 200;
          await expect.poll(async () => (await node.me(body.accessToken)).status, soon).toBe(expected);
        }
      }
    });
  });
});
