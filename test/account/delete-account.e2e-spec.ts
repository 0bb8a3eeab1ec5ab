import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { advisoryLocks, takeAdvisoryLock } from '../../src/database/advisory-locks.js';
import { runCommand } from '../harness/command.js';
import { dump } from '../harness/database.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, cake, soon, tea, useWorld } from '../harness/world.js';

/**
 * JobRunner begins within two seconds of a node's start, or comes a minute later, where another node is at it in that
 * moment.
 */
const atTheStart = { timeout: 90_000 };

const week = 604_800_000;

const picture = { width: 8, height: 8, channels: 3, background: '#00ff00' } as const;

describe('leaving', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let operator: { id: string; accessToken: string };
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
    operator = await world.operator(node);
  });

  const asOperator = (method: string, path: string, body?: unknown) =>
    node.as(operator.accessToken, method, `/admin/users/${path}`, body);

  const leave = (login: Answer) => node.as(login.body.accessToken, 'DELETE', '/me');

  /** Two calls that wait for a person's row: the second has begun before the first comes to it. */
  async function oneAfterTheOther(
    id: string,
    first: () => Promise<Answer>,
    second: () => Promise<Answer>,
  ): Promise<[Answer, Answer]> {
    const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
    const earlier = first();
    await world.waitsForLock();
    const later = second();
    await world.waitsForLock(2);
    await letGo();
    return Promise.all([earlier, later]);
  }

  /** The person comes back and says so. */
  async function restore(user: string, appid: string = tea.appid): Promise<Answer> {
    return node.login({ code: await world.code(user, appid), appid, restore: true });
  }

  const actionsOn = async (userId: string) =>
    (
      await world.database.query<{ action: string }>(
        'SELECT action FROM audit_events WHERE user_id = $1 ORDER BY id',
        [userId],
      )
    ).map(({ action }) => action);

  describe('DELETE /me', () => {
    it('says when the person is erased, and ends all of their sessions on every node', async () => {
      const [one, two] = [await world.login(node, 'anna'), await world.login(other, 'anna')];
      const before = Date.now();
      const answer = await leave(one);
      expect(answer).toMatchObject({ status: 202, headers: { 'cache-control': 'no-store' } });
      const eraseAt = Date.parse(answer.body.eraseAt);
      expect(eraseAt).toBeGreaterThanOrEqual(before + week);
      expect(eraseAt).toBeLessThanOrEqual(Date.now() + week);

      const revoked = { status: 401, body: { code: 'session_revoked', reason: 'deleted' } };
      for (const { body } of [one, two]) {
        expect(await node.me(body.accessToken)).toMatchObject(revoked);
        await expect.poll(() => other.me(body.accessToken), soon).toMatchObject(revoked);
        expect(await other.refresh(body.refreshToken)).toMatchObject(revoked);
      }
      expect(await actionsOn(one.body.user.id)).toEqual(['user.deletion_requested']);
    });

    it('has every login of the person refused, through whichever mini-program, with the time', async () => {
      const { eraseAt } = (await leave(await world.login(node, 'bert'))).body;
      for (const appid of [tea.appid, cake.appid]) {
        expect(await world.login(other, 'bert', appid)).toMatchObject({
          status: 403,
          body: { code: 'account_deleting', eraseAt },
        });
      }
    });

    it('answers a refused login that comes again as it did the first time', async () => {
      await leave(await world.login(node, 'bert-again'));
      const login = { code: await world.code('bert-again'), appid: tea.appid };
      for (const _ of [1, 2]) expect((await node.login(login)).body.code).toBe('account_deleting');
      expect(await world.exchanges()).toHaveLength(2);
    });

    it('says when the person is erased also where they are merged meanwhile', async () => {
      const login = await world.login(node, 'cleo');
      const into = (await world.login(node, 'cleo', alone.appid)).body.user.id;
      const { id } = login.body.user;
      const [merged, answer] = await oneAfterTheOther(
        id,
        () => asOperator('POST', `${id}/merge`, { into }),
        () => leave(login),
      );
      expect(merged.status).toBe(200);
      const [row] = await world.database.query<any>('SELECT status, erase_at FROM users WHERE id = $1', [
        into,
      ]);
      expect(row.status).toBe('deleting');
      expect(answer).toMatchObject({ status: 202, body: { eraseAt: row.erase_at.toISOString() } });
    });

    it.each<[string, (login: Answer) => Promise<Answer>]>([
      ['DELETE /me', leave],
      [
        'DELETE /me/identities',
        (login) => node.as(login.body.accessToken, 'DELETE', `/me/identities/${tea.appid}`),
      ],
    ])('tells who is disabled meanwhile that the session is over, as %s does', async (_, call) => {
      const login = await world.login(node, 'cosmo');
      const { id } = login.body.user;
      const [disabled, answer] = await oneAfterTheOther(
        id,
        () => asOperator('PATCH', id, { status: 'disabled' }),
        () => call(login),
      );
      expect(disabled.status).toBe(200);
      await asOperator('PATCH', id, { status: 'active' });
      expect(answer).toMatchObject({ status: 401, body: { code: 'session_revoked', reason: 'disabled' } });
    });

    it('wants a token', async () => {
      expect((await node.call('DELETE', '/me', {})).body.code).toBe('token_missing');
    });
  });

  describe('restore', () => {
    it('takes the wish back and logs in, and the person is who they were', async () => {
      const before = await world.login(node, 'carl');
      await node.as(before.body.accessToken, 'PATCH', '/me', { nickname: 'Carl' });
      await leave(before);
      const back = await restore('carl');
      expect(back).toMatchObject({
        status: 200,
        body: { isNewUser: false, user: { id: before.body.user.id, nickname: 'Carl' } },
      });
      expect((await node.me(back.body.accessToken)).status).toBe(200);
      expect((await node.me(before.body.accessToken)).body.reason).toBe('deleted');
      expect((await world.login(other, 'carl')).status).toBe(200);
      expect(await actionsOn(before.body.user.id)).toEqual(['user.deletion_requested', 'user.restored']);
    });

    it('works through another mini-program of the same person', async () => {
      const before = await world.login(node, 'dora');
      await leave(before);
      expect((await restore('dora', cake.appid)).body.user.id).toBe(before.body.user.id);
    });

    it('is a plain login where nobody wants to leave', async () => {
      expect(await restore('newcomer')).toMatchObject({ status: 200, body: { isNewUser: true } });
      expect((await restore('newcomer')).body.isNewUser).toBe(false);
    });

    it('lets nobody in who is disabled', async () => {
      const { body } = await world.login(node, 'erik');
      await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [body.user.id]);
      expect((await restore('erik')).body.code).toBe('account_disabled');
    });

    it.each(['true', 1, null])('is true, and not %j', async (value) => {
      const code = await world.code('anna');
      expect((await node.login({ code, appid: tea.appid, restore: value })).body.code).toBe(
        'invalid_request',
      );
    });
  });

  /** A user of whom we hold all that we can hold, and what must not be found any more once they are erased. */
  async function settle(
    user: string,
    phone: string,
  ): Promise<{ login: Answer; id: string; traces: string[] }> {
    await world.control('POST', '/users', { id: user, phone });
    const { code: phoneCode } = await world.control('POST', '/wx/getPhoneNumber', { appid: tea.appid, user });
    await world.login(node, user, cake.appid);
    const code = await world.code(user);
    const login = await node.login(
      { code, appid: tea.appid, phoneCode, consent: { policyVersion: `policy of ${user}` } },
      { headers: { 'user-agent': `phone of ${user}` } },
    );
    expect(login.body.user.phone).toBe(`+86${phone}`);
    const { accessToken, user: me } = login.body;
    await node.as(accessToken, 'PATCH', '/me', { nickname: `nickname of ${user}` });
    await node.as(accessToken, 'POST', '/auth/logout/all');
    const again = await world.login(node, user);
    const form = new FormData();
    form.append('file', new Blob([await sharp({ create: picture }).png().toBuffer()]), 'a.png');
    const uploaded = await fetch(new URL('/me/avatar', node.url), {
      method: 'PUT',
      headers: { authorization: `Bearer ${again.body.accessToken}` },
      body: form,
    });
    const { avatarUrl } = (await uploaded.json()) as { avatarUrl: string };
    const identities = await world.database.query<{ openid: string; unionid: string }>(
      'SELECT openid, unionid FROM identities WHERE user_id = $1 ORDER BY linked_at',
      [me.id],
    );
    expect(identities).toHaveLength(2);
    const traces = [
      ...identities.flatMap(({ openid, unionid }) => [openid, unionid]),
      phone,
      `nickname of ${user}`,
      `phone of ${user}`,
      `policy of ${user}`,
      avatarUrl.split('/').at(-1)!,
    ];
    expect(readdirSync(world.avatars)).toContain(traces.at(-1));
    return { login: again, id: me.id, traces };
  }

  const overdue = (id: string) =>
    world.database.query(`UPDATE users SET erase_at = now() - interval '1 second' WHERE id = $1`, [id]);

  const rowOf = async (id: string) =>
    (await world.database.query('SELECT * FROM users WHERE id = $1', [id]))[0]!;

  /** Nothing of a person is left, but for what tells that there was one. */
  async function expectErased(id: string, traces: string[], status = 'deleting'): Promise<void> {
    const row = await rowOf(id);
    const kept = Object.keys(row).filter((name) => row[name] !== null);
    const standing = ['id', 'status', 'roles', 'token_version', 'session_epoch', 'sessions_ended_reason'];
    const dates = ['created_at', 'last_login_at', 'erased_at'];
    const ofBan = status === 'disabled' ? ['disabled_reason', 'disabled_until'] : [];
    expect(kept.toSorted()).toEqual([...standing, ...dates, ...ofBan].toSorted());
    expect(row).toMatchObject({ status, roles: [] });
    for (const table of ['sessions', 'audit_events']) {
      const [count] = await world.database.query(
        `SELECT count(*)::integer AS count, count(ip)::integer AS addresses FROM ${table}
         WHERE user_id = $1 AND ${table === 'sessions' ? 'true' : `actor_id = $1`}`,
        [id],
      );
      expect(count).toMatchObject({ addresses: 0 });
      expect(count!['count']).toBeGreaterThan(0);
    }
    const everything = [
      await dump(world.database.url),
      ...world.nodes.map(({ output }) => output),
      ...readdirSync(world.avatars),
    ].join('\n');
    for (const trace of traces) expect(everything).not.toContain(trace);
  }

  describe('erasure', () => {
    it('goes on at the start of a node where another was killed, with nothing half done in between', async () => {
      const { login, id, traces } = await settle('jan', '13800000002');
      await world.database.query(
        `INSERT INTO sessions (id, user_id, client_id, session_epoch, refresh_hash, ip, expires_at)
         SELECT gen_random_uuid(), $1, 'app', 0, '', '10.1.2.3', now() + interval '1 day'
         FROM generate_series(1, 2500)`,
        [id],
      );
      await leave(login);
      // Batches go through the table from its beginning: the last one has to wait.
      const letGo = await world.hold(
        `SELECT FROM sessions
         WHERE id = (SELECT id FROM sessions WHERE user_id = $1 ORDER BY ctid DESC LIMIT 1)
         FOR UPDATE`,
        [id],
      );
      await overdue(id);
      const dying = await world.startNode();
      const left = async () =>
        (
          await world.database.query<{ count: number }>(
            'SELECT count(ip)::integer AS count FROM sessions WHERE user_id = $1',
            [id],
          )
        )[0]!.count;
      await expect.poll(left, atTheStart).toBeLessThan(1_000);
      await world.waitsForLock();
      await dying.stop('SIGKILL');
      await world.endOtherWaits();
      await letGo();
      expect(await left()).toBeGreaterThan(0);
      expect(await rowOf(id)).toMatchObject({ nickname: 'nickname of jan', erased_at: null });
      expect(await world.database.query('SELECT FROM identities WHERE user_id = $1', [id])).toHaveLength(2);

      await world.startNode();
      await expect
        .poll(() => rowOf(id), atTheStart)
        .toMatchObject({ erased_at: expect.any(Date), erase_at: null });
      await expectErased(id, traces);
    });

    it('is done by the worker once the time has come, and leaves nothing of the person', async () => {
      const { login, id, traces } = await settle('fred', '13800000001');
      await leave(login);
      await overdue(id);
      await world.startNode();
      await expect
        .poll(() => rowOf(id), atTheStart)
        .toMatchObject({ erased_at: expect.any(Date), erase_at: null });
      await expectErased(id, traces);
      expect((await actionsOn(id)).slice(-2)).toEqual(['user.deletion_requested', 'user.erased']);
      expect((await asOperator('GET', id)).body).toMatchObject({
        status: 'deleting',
        eraseAt: null,
        erasedAt: expect.any(String),
        identities: [],
        nickname: null,
      });
    });

    it('comes before a login after the time, which makes a new user', async () => {
      const before = await world.login(node, 'gina');
      await leave(before);
      await overdue(before.body.user.id);
      const [one, two] = await Promise.all([
        world.login(node, 'gina'),
        world.login(other, 'gina', cake.appid),
      ]);
      expect([one.status, two.status]).toEqual([200, 200]);
      expect(one.body.user.id).toBe(two.body.user.id);
      expect(one.body.user.id).not.toBe(before.body.user.id);
      expect([one.body.isNewUser, two.body.isNewUser].filter(Boolean)).toHaveLength(1);
      expect((await node.refresh(before.body.refreshToken)).body).toMatchObject({ reason: 'deleted' });
      expect(await rowOf(before.body.user.id)).toMatchObject({ erased_at: expect.any(Date) });
    });

    it('is not undone by restore when it is too late', async () => {
      const before = await world.login(node, 'hans');
      await leave(before);
      await overdue(before.body.user.id);
      expect((await restore('hans')).body.isNewUser).toBe(true);
    });

    it('leaves alone who came back in the last second', async () => {
      const before = await world.login(node, 'ida');
      const { id } = before.body.user;
      await leave(before);
      // Time for a slow machine to come this far, and less than a statement waits.
      await world.database.query(`UPDATE users SET erase_at = now() + interval '4 seconds' WHERE id = $1`, [
        id,
      ]);
      const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
      const back = restore('ida');
      await world.waitsForLock();
      await expect
        .poll(
          () => world.database.query('SELECT FROM users WHERE id = $1 AND erase_at < now()', [id]),
          atTheStart,
        )
        .toHaveLength(1);
      await letGo();
      expect(await back).toMatchObject({ status: 200, body: { isNewUser: false, user: { id } } });
      expect(await rowOf(id)).toMatchObject({ status: 'active', erase_at: null, erased_at: null });
    });

    it('either happens or is taken back, never both', async () => {
      const people = await Promise.all(
        Array.from({ length: 12 }, async (_, name) => {
          const before = await world.login(node, `racer-${name}`);
          await leave(before);
          return { name: `racer-${name}`, id: before.body.user.id as string };
        }),
      );
      await Promise.all(
        people.map(async ({ name, id }) => {
          const [back] = await Promise.all([restore(name), asOperator('DELETE', id)]);
          expect(back.status).toBe(200);
          const { status, erased_at: erasedAt } = await rowOf(id);
          expect({ status, isErased: erasedAt !== null }).toEqual({ status: 'deleting', isErased: true });
          const sessions = await world.database.query('SELECT ip FROM sessions WHERE user_id = $1', [id]);
          expect(new Set(sessions.map(({ ip }) => ip))).toEqual(new Set([null]));
        }),
      );
    });

    it('comes before a merge with somebody who should be gone by now', async () => {
      await world.control('POST', '/users', { id: 'mina', unionid: false });
      const gone = await world.login(node, 'mina');
      const stays = await world.login(node, 'mina', cake.appid);
      await world.control('POST', '/users', { id: 'mina', unionid: true });
      await world.login(node, 'mina');
      await leave(gone);
      await overdue(gone.body.user.id);
      const login = await world.login(node, 'mina', cake.appid);
      expect(login.body.user.id).toBe(stays.body.user.id);
      expect(await rowOf(gone.body.user.id)).toMatchObject({
        status: 'deleting',
        erased_at: expect.any(Date),
      });
    });

    it('writes nothing down of a sign-out that comes too late', async () => {
      const before = await world.login(node, 'nina');
      const { id } = before.body.user;
      await world.database.query(
        `UPDATE users SET status = 'deleting', erase_at = now() - interval '1 second' WHERE id = $1`,
        [id],
      );
      const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
      const erased = asOperator('DELETE', id);
      await world.waitsForLock();
      const signedOut = node.as(before.body.accessToken, 'POST', '/auth/logout/all');
      await world.waitsForLock(2);
      await letGo();
      expect((await erased).status).toBe(202);
      expect((await signedOut).status).toBe(204);
      expect(await actionsOn(id)).not.toContain('user.logout_all');
    });

    it('leaves nobody behind who seemed to be the same person', async () => {
      await world.control('POST', '/users', { id: 'oda', unionid: false });
      const one = (await world.login(node, 'oda')).body.user.id;
      const two = (await world.login(node, 'oda', cake.appid)).body.user.id;
      await asOperator('PATCH', one, { roles: ['tester'] });
      await world.control('POST', '/users', { id: 'oda', unionid: true });
      await world.login(node, 'oda');
      await world.login(node, 'oda', cake.appid);
      expect(await rowOf(two)).toMatchObject({ merge_pending_with: one });
      await asOperator('DELETE', one);
      expect(await rowOf(one)).toMatchObject({ merge_pending_with: null, erased_at: expect.any(Date) });
      expect(await rowOf(two)).toMatchObject({ merge_pending_with: null });
      expect((await world.login(node, 'oda', cake.appid)).body.user.id).toBe(two);
      expect((await world.login(node, 'oda')).body.user.id, 'found by the unionid').toBe(two);
    });

    it('waits for no file that cannot be removed', async () => {
      for (const user of ['leo', 'lia']) {
        const { id } = (await world.login(node, user)).body.user;
        // A directory, which no removal of a file takes away.
        const key = randomBytes(16).toString('hex');
        mkdirSync(join(world.avatars, key));
        await world.database.query(
          `UPDATE users SET status = 'deleting', erased_at = now(), erase_at = now(), avatar_key = $2 WHERE id = $1`,
          [id, key],
        );
      }
      const login = await world.login(node, 'lola');
      await leave(login);
      await overdue(login.body.user.id);
      await world.startNode();
      try {
        await expect
          .poll(() => rowOf(login.body.user.id), atTheStart)
          .toMatchObject({ erased_at: expect.any(Date) });
      } finally {
        await world.database.query(
          'UPDATE users SET avatar_key = NULL, erase_at = NULL WHERE erased_at IS NOT NULL',
        );
      }
    });

    it('keeps in mind the file of an avatar that could not be removed', async () => {
      const { login, id, traces } = await settle('kim', '13800000003');
      await leave(login);
      await world.database.query(
        `UPDATE users SET erased_at = now(), erase_at = now(), nickname = NULL, avatar_key = $2 WHERE id = $1`,
        [id, traces.at(-1)],
      );
      await world.startNode();
      await expect.poll(() => rowOf(id), atTheStart).toMatchObject({ avatar_key: null, erase_at: null });
      expect(readdirSync(world.avatars)).not.toContain(traces.at(-1));
    });
  });

  describe('DELETE /admin/users/:id', () => {
    it('erases a person at once', async () => {
      const { login, id, traces } = await settle('lena', '13800000004');
      const answer = await asOperator('DELETE', id);
      expect(answer).toMatchObject({ status: 202, body: { eraseAt: expect.any(String) } });
      expect(Date.parse(answer.body.eraseAt)).toBeLessThanOrEqual(Date.now());
      expect(await node.me(login.body.accessToken)).toMatchObject({ body: { reason: 'deleted' } });
      await expectErased(id, traces);
      expect((await asOperator('DELETE', id)).status).toBe(202);
      expect((await world.login(node, 'lena')).body.isNewUser).toBe(true);
    });

    it('needs the role, and somebody to erase', async () => {
      const { body } = await world.login(node, 'mona');
      const path = `/admin/users/${body.user.id}`;
      expect((await node.as(body.accessToken, 'DELETE', path)).body.code).toBe('forbidden');
      expect((await asOperator('DELETE', uuidv7())).body.code).toBe('not_found');
      expect((await asOperator('DELETE', 'x')).body.code).toBe('invalid_request');
      expect((await world.login(node, 'mona')).body.isNewUser).toBe(false);
    });

    it('takes what was merged into the person along, by either id', async () => {
      const { id, traces } = await settle('nora', '13800000005');
      const merged = (await world.login(node, 'nora-too')).body.user.id;
      await world.database.query('UPDATE identities SET user_id = $1 WHERE user_id = $2', [id, merged]);
      await world.database.query(
        `UPDATE users SET status = 'merged', merged_into = $1, nickname = 'a merged nickname' WHERE id = $2`,
        [id, merged],
      );
      expect((await asOperator('DELETE', merged)).status).toBe(202);
      await expectErased(id, [...traces, 'a merged nickname']);
      const sessions = await world.database.query('SELECT ip FROM sessions WHERE user_id = $1', [merged]);
      expect(sessions).toEqual([{ ip: null }]);
    });
  });

  describe('a ban', () => {
    /** Disabled by the operator, and then erased. */
    async function ban(
      user: string,
      phone: string,
    ): Promise<{ id: string; until: string; traces: string[] }> {
      const { id, traces } = await settle(user, phone);
      const until = new Date(Date.now() + week).toISOString();
      await asOperator('PATCH', id, { status: 'disabled', reason: 'spam', until });
      expect((await asOperator('DELETE', id)).status).toBe(202);
      return { id, until, traces };
    }

    const bannedRows = (id: string) =>
      world.database.query('SELECT FROM banned_identities WHERE user_id = $1', [id]);

    it('outlives the erasure, in every mini-program, until the operator lifts it', async () => {
      const { id, until, traces } = await ban('otto', '13800000006');
      await expectErased(id, traces, 'disabled');
      const refused = { status: 403, body: { code: 'account_disabled', reason: 'spam', until } };
      expect(await world.login(node, 'otto')).toMatchObject(refused);
      expect(await world.login(other, 'otto', cake.appid)).toMatchObject(refused);
      expect((await asOperator('PATCH', id, { roles: ['admin'] })).body.code).toBe('invalid_request');

      expect((await asOperator('PATCH', id, { status: 'active' })).body).toMatchObject({
        status: 'deleting',
        disabledReason: null,
      });
      expect(await bannedRows(id)).toEqual([]);
      expect((await world.login(node, 'otto')).body.isNewUser).toBe(true);
    });

    it('can be set on somebody who wants to be deleted, who cannot come back then', async () => {
      const login = await world.login(node, 'sepp');
      const { id } = login.body.user;
      await leave(login);
      const wish = (await rowOf(id)) as { erase_at: Date };
      expect((await asOperator('PATCH', id, { status: 'disabled', reason: 'spam' })).body).toMatchObject({
        status: 'disabled',
        eraseAt: wish.erase_at.toISOString(),
      });
      expect((await restore('sepp')).body).toMatchObject({ code: 'account_disabled', reason: 'spam' });
      expect((await asOperator('PATCH', id, { status: 'active' })).body.status).toBe('deleting');
      expect((await world.login(node, 'sepp')).body.code).toBe('account_deleting');
      for (const change of [{ status: 'active' }, { reason: 'why' }, { roles: ['tester'] }]) {
        expect((await asOperator('PATCH', id, change)).body.code).toBe('invalid_request');
      }

      await asOperator('PATCH', id, { status: 'disabled', reason: 'spam' });
      await overdue(id);
      await world.startNode();
      await expect.poll(() => rowOf(id), atTheStart).toMatchObject({ erased_at: expect.any(Date) });
      expect(await world.login(node, 'sepp', cake.appid)).toMatchObject({
        status: 403,
        body: { code: 'account_disabled', reason: 'spam' },
      });
      expect((await asOperator('PATCH', id, { status: 'active' })).body.status).toBe('deleting');
      expect((await asOperator('PATCH', id, { status: 'disabled' })).body.code).toBe('invalid_request');
    });

    it('keeps out whoever knocks while the erasure is being committed', async () => {
      const { id } = (await world.login(node, 'theo')).body.user;
      const guest = await world.login(node, 'guest', alone.appid);
      const { openids } = await world.control('POST', '/users', { id: 'theo' });
      const [{ unionid }] = await world.database.query<any>(
        'SELECT unionid FROM identities WHERE user_id = $1',
        [id],
      );
      const file = join(mkdtempSync(join(tmpdir(), 'weapp-auth-import-')), 'people.csv');
      writeFileSync(file, `appid,openid,unionid\n${cake.appid},${openids[cake.appid]},${unionid}\n`);

      await asOperator('PATCH', id, { status: 'disabled' });
      // A statement waits for seconds only, and a command may take as many to start: the import comes first.
      const startImport = await world.hold(takeAdvisoryLock, [...advisoryLocks.userImport]);
      const imported = runCommand('users-import', [file], world.environment());
      await world.waitsForLock();
      // The erasure has locked what leads to the person, and waits for one of their sessions.
      const letGo = await world.hold('SELECT FROM sessions WHERE user_id = $1 LIMIT 1 FOR UPDATE', [id]);
      const erased = asOperator('DELETE', id);
      await world.waitsForLock(2);
      const login = world.login(node, 'theo', cake.appid);
      const link = node.as(guest.body.accessToken, 'POST', '/me/identities', {
        code: await world.code('theo', cake.appid),
        appid: cake.appid,
      });
      await world.waitsForLock(4);
      await startImport();
      await world.waitsForLock(4);
      await letGo();
      expect((await erased).status).toBe(202);
      const refused = { status: 403, body: { code: 'account_disabled' } };
      expect(await login).toMatchObject(refused);
      expect(await link).toMatchObject(refused);
      expect(await imported).toMatchObject({ code: 1, stdout: expect.stringContaining('1 refused') });
      expect(await world.database.query('SELECT FROM unionids WHERE unionid = $1', [unionid])).toEqual([]);
      rmSync(dirname(file), { recursive: true });
    });

    it('keeps those out whom an import brings back', async () => {
      const { id, traces } = await settle('udo', '13800000011');
      const others = await world.login(node, 'vroni');
      await asOperator('PATCH', id, { status: 'disabled' });
      await asOperator('DELETE', id);
      const file = join(mkdtempSync(join(tmpdir(), 'weapp-auth-import-')), 'people.csv');
      const lines = [
        'appid,openid,unionid',
        `${cake.appid},${traces[0]},`,
        `${tea.appid},another-openid,${traces[1]}`,
        `${alone.appid},another-openid,${traces[1]}`,
        `${tea.appid},quite-another-openid,`,
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      const { code, stdout } = await runCommand('users-import', [file], world.environment());
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringMatching(/1 new users.* 3 refused/s),
      });
      await asOperator('PATCH', id, { status: 'active' });
      const again = await runCommand('users-import', [file], world.environment());
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(' 0 refused') });
      expect((await node.me(others.body.accessToken)).status).toBe(200);
      rmSync(dirname(file), { recursive: true });
    });

    it('also keeps out whom an operator has still to merge with the banned one', async () => {
      await world.control('POST', '/users', { id: 'xena', unionid: false });
      const banned = (await world.login(node, 'xena')).body.user.id;
      await world.login(node, 'xena', cake.appid);
      await asOperator('PATCH', banned, { roles: ['tester'] });
      await world.control('POST', '/users', { id: 'xena', unionid: true });
      for (const { appid } of [tea, cake]) {
        expect((await world.login(node, 'xena', appid)).status, 'pending').toBe(200);
      }
      await asOperator('PATCH', banned, { status: 'disabled' });
      expect((await world.login(node, 'xena', cake.appid)).body.code).toBe('account_disabled');
      await asOperator('DELETE', banned);
      expect((await world.login(node, 'xena', cake.appid)).body.code).toBe('account_disabled');
      await asOperator('PATCH', banned, { status: 'active' });
      expect((await world.login(node, 'xena', cake.appid)).body.isNewUser).toBe(false);
    });

    it('ends by itself when its time is over', async () => {
      const { id } = await ban('paul', '13800000007');
      expect(await bannedRows(id)).not.toEqual([]);
      await world.database.query('UPDATE users SET disabled_until = now() WHERE id = $1', [id]);
      expect((await world.login(node, 'paul')).body).toMatchObject({ isNewUser: true });
      expect(await bannedRows(id)).toEqual([]);
      expect(await rowOf(id)).toMatchObject({ status: 'deleting', disabled_reason: null });
    });
  });

  describe('npm run users:erase', () => {
    const erase = (...options: string[]) => runCommand('users-erase', options, world.environment());

    it('erases a user, whose file the service then removes', async () => {
      const { id, traces } = await settle('quin', '13800000008');
      expect(await erase(id)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`User ${id} is erased.`),
        stderr: '',
      });
      expect((await world.login(node, 'quin')).body.isNewUser).toBe(true);
      await world.startNode();
      await expect.poll(() => rowOf(id), atTheStart).toMatchObject({ erase_at: null });
      expect(readdirSync(world.avatars)).not.toContain(traces.at(-1));
    });

    it('says what is wrong', async () => {
      const [unknown, none, malformed] = await Promise.all([erase(uuidv7()), erase(), erase('quin')]);
      expect(unknown).toMatchObject({ code: 1, stderr: 'There is no user with this id.\n' });
      for (const result of [none, malformed]) {
        expect(result).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('Usage: npm run users:erase'),
        });
      }
    });
  });

  describe('GET /me/export', () => {
    const manySessions = 10_000;

    /** Logins of long ago, each of which takes its place in the document. */
    const addSessions = (id: string) =>
      world.database.query(
        `INSERT INTO sessions (id, user_id, client_id, session_epoch, refresh_hash, user_agent, expires_at)
         SELECT gen_random_uuid(), $1, 'app', 0, '', repeat('x', 512), now() FROM generate_series(1, $2)`,
        [id, manySessions],
      );

    it('holds all there is of the person, openids among it, and no session_key', async () => {
      const { login, id, traces } = await settle('sara', '13800000009');
      await asOperator('PATCH', id, { roles: ['tester'] });
      const { accessToken } = (await node.refresh(login.body.refreshToken)).body;
      const answer = await node.as(accessToken, 'GET', '/me/export');
      expect(answer).toMatchObject({
        status: 200,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-disposition': `attachment; filename="${id}.json"`,
          'cache-control': 'no-store',
        },
      });
      const me = (await node.me(accessToken)).body;
      const { exportedAt, user, consent, identities, unionids, sessions, events, ...rest } = answer.body;
      expect(unionids).toEqual([traces[1]]);
      expect(rest).toEqual({});
      expect(Math.abs(Date.parse(exportedAt) - Date.now())).toBeLessThan(60_000);
      expect(me).toMatchObject({ id, nickname: 'nickname of sara', phone: '+8613800000009', consent });
      const { identities: _, consent: __, ...ofUser } = me;
      expect(user).toEqual({ ...ofUser, status: 'active', lastLoginAt: expect.any(String) });
      expect(identities).toEqual([
        {
          appid: cake.appid,
          appName: 'Cake',
          openid: traces[0],
          unionid: traces[1],
          linkedAt: expect.any(String),
        },
        {
          appid: tea.appid,
          appName: 'Tea',
          openid: traces[2],
          unionid: traces[3],
          linkedAt: expect.any(String),
        },
      ]);
      expect(sessions).toHaveLength(3);
      expect(sessions[1]).toMatchObject({ appid: tea.appid, ip: '127.0.0.1', userAgent: 'phone of sara' });
      expect(events).toMatchObject([
        { action: 'user.exported', by: 'self', ip: '127.0.0.1' },
        { action: 'user.roles_changed', by: 'operator', ip: null },
        { action: 'user.logout_all', by: 'self', ip: '127.0.0.1' },
      ]);
      expect(answer.text).not.toContain('sealed');
      expect(answer.text).not.toContain(operator.id);
    });

    it('holds also what stands under users who were merged into the person', async () => {
      await world.control('POST', '/users', { id: 'wilma', unionid: false });
      const older = await world.login(node, 'wilma');
      const younger = await world.login(node, 'wilma', cake.appid);
      await node.as(younger.body.accessToken, 'POST', '/auth/logout');
      await world.control('POST', '/users', { id: 'wilma', unionid: true });
      await world.login(node, 'wilma', cake.appid);
      const { body } = await world.login(node, 'wilma');
      expect(body.user.id).toBe(older.body.user.id);
      const { sessions, events } = (await node.as(body.accessToken, 'GET', '/me/export')).body;
      expect(sessions).toHaveLength(4);
      expect(sessions).toContainEqual(
        expect.objectContaining({ appid: cake.appid, endedReason: 'signed_out' }),
      );
      expect(events).toContainEqual(
        expect.objectContaining({ action: 'session.logout', by: 'self', ip: '127.0.0.1' }),
      );
    });

    it('comes whole for a person with 10,000 sessions', async () => {
      const { body } = await world.login(node, 'tina');
      await addSessions(body.user.id);
      const { sessions } = (await node.as(body.accessToken, 'GET', '/me/export')).body;
      expect(new Set(sessions.map(({ id }: { id: string }) => id)).size).toBe(manySessions + 1);
    });

    it('is cut off where the database fails midway', async () => {
      const { body } = await world.login(node, 'ulla');
      await addSessions(body.user.id);
      const response = await fetch(new URL('/me/export', node.url), {
        headers: { authorization: `Bearer ${body.accessToken}` },
      });
      const reader = response.body!.getReader();
      await reader.read();
      await world.database.query('ALTER TABLE sessions RENAME TO gone');
      const rest = async () => {
        while (!(await reader.read()).done);
      };
      try {
        await expect(rest()).rejects.toThrow('terminated');
      } finally {
        await world.database.query('ALTER TABLE gone RENAME TO sessions');
      }
      expect((await node.me(body.accessToken)).status).toBe(200);
    });

    it('wants a token', async () => {
      expect((await node.get('/me/export')).body.code).toBe('token_missing');
    });
  });

  it('keeps a ban when the encryption keys are changed', async () => {
    const { id } = (await world.login(node, 'rita')).body.user;
    await asOperator('PATCH', id, { status: 'disabled' });
    await asOperator('DELETE', id);
    const newKey = randomBytes(32).toString('base64');
    const both = world.environment({ ENCRYPTION_KEYS: `${newKey},${world.encryptionKey}` });
    expect(await runCommand('keys-reencrypt', [], both)).toMatchObject({ code: 0, stderr: '' });
    const renewed = await world.startNode({ ENCRYPTION_KEYS: newKey });
    expect((await world.login(renewed, 'rita')).body.code).toBe('account_disabled');
    expect((await world.login(renewed, 'rita', cake.appid)).body.code).toBe('account_disabled');
  });
});
