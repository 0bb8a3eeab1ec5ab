import * as fc from 'fast-check';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { sessionRevoked } from '../harness/sessions.js';
import { soon, tea, useWorld } from '../harness/world.js';

describe('refresh tokens: POST /auth/refresh', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

  const sessionOf = (answer: Answer) => decodeJwt(answer.body.accessToken)['sid'] as string;

  async function row(sessionId: string): Promise<any> {
    const [session] = await world.database.query('SELECT * FROM sessions WHERE id = $1', [sessionId]);
    return session;
  }

  /** As if the last rotation had been so many seconds ago. */
  async function age(sessionId: string, seconds: number): Promise<void> {
    await world.database.query(
      'UPDATE sessions SET rotated_at = rotated_at - make_interval(secs => $2) WHERE id = $1',
      [sessionId, seconds],
    );
  }

  it('gives new tokens for the same session, in the shape of a login', async () => {
    const login = await world.login(node, 'anna');
    const { status, headers, body } = await other.refresh(login.body.refreshToken);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    const { isNewUser: _, ...shape } = login.body;
    expect(body).toEqual({ ...shape, accessToken: expect.any(String), refreshToken: expect.any(String) });
    expect(body.refreshToken).not.toBe(login.body.refreshToken);
    const [before, after] = [decodeJwt(login.body.accessToken), decodeJwt(body.accessToken)];
    expect(after).toEqual({
      ...before,
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
    });
    expect((await node.me(body.accessToken)).status).toBe(200);
  });

  it('tells what has become of the user meanwhile', async () => {
    const { body } = await world.login(node, 'bert');
    await node.as(body.accessToken, 'PATCH', '/me', { nickname: '小明' });
    expect((await node.refresh(body.refreshToken)).body.user.nickname).toBe('小明');
  });

  it('goes on from token to token', async () => {
    let { refreshToken } = (await world.login(node, 'carl')).body;
    for (let round = 0; round < 5; round += 1) {
      const answer = await [node, other][round % 2]!.refresh(refreshToken);
      expect(answer.status).toBe(200);
      ({ refreshToken } = answer.body);
    }
  });

  it('moves the expiry on, but never beyond SESSION_MAX_AGE', async () => {
    const login = await world.login(node, 'dora');
    const sessionId = sessionOf(login);
    const began = performance.now();
    await world.database.query(
      `UPDATE sessions SET created_at = now() - interval '80 days', expires_at = now() + interval '1 day' WHERE id = $1`,
      [sessionId],
    );
    const { body } = await node.refresh(login.body.refreshToken);
    const secondsGone = Math.ceil((performance.now() - began) / 1_000);
    expect(10 * 86_400 - body.refreshExpiresIn, 'whole seconds that are left').toBeLessThanOrEqual(
      secondsGone + 1,
    );
    const { created_at, expires_at } = await row(sessionId);
    expect(expires_at - created_at).toBe(7_776_000_000);
  });

  it('gives no access token that outlives the session', async () => {
    const login = await world.login(node, 'dora');
    await world.database.query(
      `UPDATE sessions SET created_at = now() - interval '90 days' + interval '100 seconds' WHERE id = $1`,
      [sessionOf(login)],
    );
    const { body } = await node.refresh(login.body.refreshToken);
    expect(body.expiresIn).toBeLessThanOrEqual(100);
    expect(body.refreshExpiresIn).toBe(body.expiresIn);
    const { exp, iat } = decodeJwt(body.accessToken);
    expect(exp! - iat!).toBe(body.expiresIn);
  });

  it('is told that the token has expired as refresh_token_invalid', async () => {
    const login = await world.login(node, 'emil');
    await world.database.query(`UPDATE sessions SET expires_at = now() WHERE id = $1`, [sessionOf(login)]);
    expect(await node.refresh(login.body.refreshToken)).toMatchObject({
      status: 401,
      body: { code: 'refresh_token_invalid' },
    });
    const aged = await world.login(node, 'emil');
    await world.database.query(`UPDATE sessions SET created_at = now() - interval '90 days' WHERE id = $1`, [
      sessionOf(aged),
    ]);
    expect((await node.refresh(aged.body.refreshToken)).body.code).toBe('refresh_token_invalid');
  });

  it('tells that a session was ended by hand, without a reason', async () => {
    const login = await world.login(node, 'emma');
    await world.database.query('UPDATE sessions SET ended_at = now() WHERE id = $1', [sessionOf(login)]);
    expect(await node.refresh(login.body.refreshToken)).toMatchObject({
      status: 401,
      body: { code: 'session_revoked', reason: 'signed_out' },
    });
  });

  it('tells that a session ended because its user was merged or erased', async () => {
    for (const [status, reason] of [
      ['merged', 'merged'],
      ['deleting', 'deleted'],
    ]) {
      const { body } = await world.login(node, `gone-${status}`);
      await world.database.query('UPDATE users SET status = $1 WHERE id = $2', [status, body.user.id]);
      expect(await node.refresh(body.refreshToken)).toMatchObject(sessionRevoked(reason!));
    }
  });

  it('is refused in the last second of a session, for which no token could be made', async () => {
    const login = await world.login(node, 'emma');
    await world.database.query(
      `UPDATE sessions SET created_at = now() - interval '90 days' + interval '0.9 seconds' WHERE id = $1`,
      [sessionOf(login)],
    );
    expect((await node.refresh(login.body.refreshToken)).body.code).toBe('refresh_token_invalid');
  });

  it('works once more after a standby took over that had lost the last rotation', async () => {
    const login = await world.login(node, 'fred');
    const { body } = await node.refresh(login.body.refreshToken);
    await world.database.query('UPDATE sessions SET generation = 0 WHERE id = $1', [sessionOf(login)]);
    await age(sessionOf(login), 60);
    const next = await node.refresh(body.refreshToken);
    expect(next.status).toBe(200);
    expect((await node.refresh(next.body.refreshToken)).status).toBe(200);
  });

  describe('within the grace', () => {
    it('gives twenty parallel requests with one token, on two nodes, tokens that all work next', async () => {
      const login = await world.login(node, 'gina');
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => [node, other][index % 2]!.refresh(login.body.refreshToken)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
      const guarded = await Promise.all(answers.map(({ body }) => other.me(body.accessToken)));
      expect(guarded.map(({ status }) => status)).toEqual(Array(20).fill(200));
      const next = await Promise.all(answers.map(({ body }) => other.refresh(body.refreshToken)));
      expect(next.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect((await row(sessionOf(login))).generation).toBe(2);
    });

    it('answers the same successor again to a phone that lost the answer', async () => {
      const { refreshToken } = (await world.login(node, 'hans')).body;
      const lost = await node.refresh(refreshToken);
      const again = await other.refresh(refreshToken);
      expect(again.body.refreshToken).toBe(lost.body.refreshToken);
      expect((await node.refresh(again.body.refreshToken)).status).toBe(200);
    });

    it('ends the session at a token that is two generations old, however recent both rotations are', async () => {
      const login = await world.login(node, 'ida');
      const middle = (await node.refresh(login.body.refreshToken)).body;
      const newest = (await node.refresh(middle.refreshToken)).body;
      expect((await other.refresh(login.body.refreshToken)).body.code).toBe('refresh_token_reused');
      const ended = { status: 401, body: { code: 'session_revoked', reason: 'reused' } };
      expect(await node.refresh(middle.refreshToken)).toMatchObject(ended);
      expect(await node.refresh(newest.refreshToken)).toMatchObject(ended);
      await expect.poll(() => node.me(newest.accessToken), soon).toMatchObject(ended);
    });

    it('ends the session at a token of long ago just after the owner has refreshed', async () => {
      const login = await world.login(node, 'ida');
      const owner = await node.refresh(login.body.refreshToken);
      await age(sessionOf(login), 36);
      expect((await node.refresh(owner.body.refreshToken)).status).toBe(200);
      expect((await other.refresh(login.body.refreshToken)).body.code).toBe('refresh_token_reused');
    });
  });

  describe('in any order of calls', () => {
    // The longest there is, so that no slow machine comes near its end.
    const grace = 3_600;
    let nodes: ServiceNode[];
    beforeAll(async () => {
      const settings = { REFRESH_GRACE: String(grace) };
      nodes = await Promise.all([world.startNode(settings), world.startNode(settings)]);
    });

    /** A token's fate, as the contract has it. */
    type Fate = { refreshed: number } | 'refresh_token_reused' | 'session_revoked';

    /** The contract in a few lines: which generation a token of some generation leads to. */
    class Model {
      newest = 0;
      /** Seconds since the newest token superseded the one before. */
      supersededFor = 0;
      isEnded = false;

      refresh(generation: number): Fate {
        if (this.isEnded) return 'session_revoked';
        if (generation >= this.newest) {
          this.newest = generation + 1;
          this.supersededFor = 0;
          return { refreshed: this.newest };
        }
        if (generation === this.newest - 1 && this.supersededFor < grace) return { refreshed: this.newest };
        this.isEnded = true;
        return 'refresh_token_reused';
      }
    }

    type Step =
      | { kind: 'refresh'; back: number }
      | { kind: 'wait'; seconds: number }
      /** A standby took over that had lost so many rotations. */
      | { kind: 'lose'; rotations: number };

    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('refresh' as const),
          back: fc.nat({ max: 3 }).map((back) => Math.max(0, back - 1)),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('wait' as const),
          seconds: fc.constantFrom(1, 60, 1_800, 3_601),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('lose' as const), rotations: fc.constantFrom(1, 2) }),
      },
    );

    it('takes the newest token, and the one before within its grace, and ends the session at any other', async () => {
      const fateOf = (answer: Answer, tokens: string[]): Fate =>
        answer.status === 200 ? { refreshed: tokens.indexOf(answer.body.refreshToken) } : answer.body.code;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
          const model = new Model();
          const login = await world.login(node, 'walker');
          const tokens: string[] = [login.body.refreshToken];
          const fates: Fate[] = [];
          const expected: Fate[] = [];
          for (const [index, what] of steps.entries()) {
            if ('seconds' in what) {
              await age(sessionOf(login), what.seconds);
              model.supersededFor += what.seconds;
            } else if ('rotations' in what) {
              model.newest = Math.max(0, model.newest - what.rotations);
              await world.database.query('UPDATE sessions SET generation = $2 WHERE id = $1', [
                sessionOf(login),
                model.newest,
              ]);
            } else {
              const generation = Math.max(0, tokens.length - 1 - what.back);
              const answer = await nodes[index % 2]!.refresh(tokens[generation]);
              const next = answer.body.refreshToken as string | undefined;
              if (next !== undefined && !tokens.includes(next)) tokens.push(next);
              fates.push(fateOf(answer, tokens));
              expected.push(model.refresh(generation));
            }
          }
          expect(fates).toEqual(expected);
        }),
        { seed: 11, numRuns: 60 },
      );
    });

    it('treats requests that cross as if they had come one after the other', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat({ max: 2 }), { minLength: 2, maxLength: 6 }), async (backs) => {
          const tokens: string[] = [(await world.login(node, 'crosser')).body.refreshToken];
          for (let round = 0; round < 2; round += 1) {
            tokens.push((await nodes[round]!.refresh(tokens.at(-1))).body.refreshToken);
          }
          const answers = await Promise.all(
            backs.map(async (back, index) => ({
              generation: 2 - back,
              answer: await nodes[index % 2]!.refresh(tokens[2 - back]),
            })),
          );
          const successor = answers.find(
            ({ generation, answer }) => generation === 2 && answer.status === 200,
          )?.answer.body.refreshToken;
          for (const { generation, answer } of answers) {
            if (answer.status !== 200) continue;
            expect(generation, 'a token two generations old leads nowhere').not.toBe(0);
            // The one before the newest was in time only as long as that had not been used.
            expect(answer.body.refreshToken).toBe(generation === 2 ? successor : tokens[2]);
          }
          const isMixed = backs.includes(0) && backs.includes(1);
          const codes = answers.map(({ answer }) => answer.body.code as string | undefined);
          const isEnded = codes.includes('refresh_token_reused');
          // With both the newest and the one before, it depends on which came first.
          expect(isEnded).toBe(backs.includes(2) || (isMixed && isEnded));
          expect(codes.filter((code) => code === 'refresh_token_reused').length).toBeLessThanOrEqual(1);
          const after = await nodes[0]!.refresh(successor ?? tokens[2]);
          expect(after.status).toBe(isEnded ? 401 : 200);
        }),
        { seed: 11, numRuns: 40 },
      );
    });
  });

  it('counts the grace from the rotation, however long that waited for its row', async () => {
    const hasty = await world.startNode({ REFRESH_GRACE: '2' });
    const login = await world.login(hasty, 'rita');
    const release = await world.hold('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [sessionOf(login)]);
    const held = hasty.refresh(login.body.refreshToken);
    await world.waitsForLock();
    // Longer than the grace: the one thing that only time itself can bring about.
    await new Promise((resolve) => setTimeout(resolve, 2_300));
    await release();
    const [first, again] = [await held, await hasty.refresh(login.body.refreshToken)];
    expect([first.status, again.status], again.text).toEqual([200, 200]);
    expect(again.body.refreshToken).toBe(first.body.refreshToken);
  });

  describe('after the grace', () => {
    it('ends the session at a superseded token, and writes it into the audit', async () => {
      const login = await world.login(node, 'jane');
      const newest = await node.refresh(login.body.refreshToken);
      await age(sessionOf(login), 31);
      expect(await other.refresh(login.body.refreshToken)).toMatchObject({
        status: 401,
        body: { code: 'refresh_token_reused' },
      });
      const ended = { status: 401, body: { code: 'session_revoked', reason: 'reused' } };
      expect(await node.refresh(newest.body.refreshToken)).toMatchObject(ended);
      expect(await node.refresh(login.body.refreshToken)).toMatchObject(ended);
      expect(await other.me(newest.body.accessToken)).toMatchObject(ended);
      await expect.poll(() => node.me(newest.body.accessToken)).toMatchObject(ended);
      expect(
        await world.database.query(
          'SELECT action, actor, user_id, session_id, ip FROM audit_events WHERE session_id = $1',
          [sessionOf(login)],
        ),
      ).toEqual([
        {
          action: 'session.refresh_token_reused',
          actor: 'service',
          user_id: login.body.user.id,
          session_id: sessionOf(login),
          ip: '127.0.0.1',
        },
      ]);
    });

    it('says reused to one of many that come with a superseded token at once, and ended to the others', async () => {
      const login = await world.login(node, 'kate');
      await node.refresh(login.body.refreshToken);
      await age(sessionOf(login), 31);
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) => [node, other][index % 2]!.refresh(login.body.refreshToken)),
      );
      const codes = answers.map(({ body }) => body.code as string);
      expect(codes.toSorted((a, b) => a.localeCompare(b))).toEqual([
        'refresh_token_reused',
        ...Array(5).fill('session_revoked'),
      ]);
    });

    it('leaves other sessions of the user alone', async () => {
      const [one, two] = [await world.login(node, 'lena'), await world.login(node, 'lena')];
      await node.refresh(one.body.refreshToken);
      await age(sessionOf(one), 31);
      expect((await node.refresh(one.body.refreshToken)).status).toBe(401);
      expect((await node.refresh(two.body.refreshToken)).status).toBe(200);
      expect((await node.me(two.body.accessToken)).status).toBe(200);
    });

    it('takes the newest token, however late it comes', async () => {
      const login = await world.login(node, 'mona');
      const { body } = await node.refresh(login.body.refreshToken);
      await age(sessionOf(login), 86_400);
      expect((await node.refresh(body.refreshToken)).status).toBe(200);
    });

    it('starts at once if REFRESH_GRACE is 0', async () => {
      const strict = await world.startNode({ REFRESH_GRACE: '0' });
      const { refreshToken } = (await world.login(strict, 'nora')).body;
      await strict.refresh(refreshToken);
      expect((await strict.refresh(refreshToken)).body.code).toBe('refresh_token_reused');
    });
  });

  describe('a token that is none', () => {
    it.each<[string, (token: string) => unknown, number]>([
      ['truncated', (token) => token.slice(0, -1), 401],
      ['of another version', (token) => `Ag${token.slice(2)}`, 401],
      ['longer', (token) => `${token}A`, 401],
      ['padded', (token) => `${token}==`, 401],
      ['with a space', (token) => ` ${token}`, 401],
      ['an access token', () => 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl', 401],
      ['empty', () => '', 400],
      ['longer than any', () => 'A'.repeat(10_000), 401],
      ['a number', () => 5, 400],
      ['null', () => null, 400],
      ['an object', () => ({}), 400],
    ])('is refused: %s', async (_, change, status) => {
      const { refreshToken } = (await world.login(node, 'olga')).body;
      const answer = await node.refresh(change(refreshToken));
      expect(answer).toMatchObject({
        status,
        body: { code: status === 400 ? 'invalid_request' : 'refresh_token_invalid' },
      });
      expect((await node.refresh(refreshToken)).status, 'the session goes on').toBe(200);
    });

    it('is refused with any one bit flipped, and every other text of the same bytes', async () => {
      const strict = await world.startNode({ RATE_LIMIT_LOGIN: '0' });
      const { refreshToken } = (await world.login(strict, 'paul')).body;
      const bytes = Buffer.from(refreshToken, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 13) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect((await strict.refresh(flipped.toString('base64url'))).body.code).toBe('refresh_token_invalid');
      }
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      for (const last of alphabet.replace(refreshToken.at(-1), '')) {
        expect((await strict.refresh(refreshToken.slice(0, -1) + last)).status).toBe(401);
      }
      expect((await strict.refresh(refreshToken)).status).toBe(200);
    });

    it('is refused if another deployment has made it', async () => {
      const stranger = await world.startNode({ ENCRYPTION_KEYS: undefined, ...(await anotherDeployment()) });
      const { refreshToken } = (await world.login(stranger, 'quinn')).body;
      expect((await node.refresh(refreshToken)).body.code).toBe('refresh_token_invalid');
      expect((await stranger.refresh(refreshToken)).status).toBe(200);
    });

    it('is refused if its session is gone', async () => {
      const login = await world.login(node, 'rosa');
      await world.database.query('DELETE FROM sessions WHERE id = $1', [sessionOf(login)]);
      expect((await node.refresh(login.body.refreshToken)).body.code).toBe('refresh_token_invalid');
    });

    it('counts against its address if it is forged, and not if its session has ended', async () => {
      const limited = await world.startNode({ RATE_LIMIT_LOGIN: '3' });
      const { body } = await world.login(limited, 'rosa');
      await limited.as(body.accessToken, 'POST', '/auth/logout');
      for (let round = 0; round < 5; round += 1) {
        expect((await limited.refresh(body.refreshToken)).body.code).toBe('session_revoked');
      }
      for (let round = 0; round < 3; round += 1) {
        expect((await limited.refresh('nonsense')).body.code).toBe('refresh_token_invalid');
      }
      const { status, headers, body: problem } = await limited.refresh('nonsense');
      expect({ status, code: problem.code }).toEqual({ status: 429, code: 'rate_limited' });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
      const again = await world.login(limited, 'rosa');
      expect(again.status, 'logins go on').toBe(200);
      expect((await limited.refresh(again.body.refreshToken)).status, 'good tokens work').toBe(200);
      const elsewhere = { from: '127.0.0.2' };
      const neighbour = await limited.post('/auth/refresh', { refreshToken: 'nonsense' }, elsewhere);
      expect(neighbour.body.code, 'another address').toBe('refresh_token_invalid');
    });
  });

  it('never ends a session because of an access token', async () => {
    const login = await world.login(node, 'sara');
    const next = await node.refresh(login.body.refreshToken);
    await age(sessionOf(login), 60);
    expect((await node.me(login.body.accessToken)).status).toBe(200);
    expect((await node.refresh(login.body.accessToken)).body.code).toBe('refresh_token_invalid');
    expect((await node.refresh(next.body.refreshToken)).status).toBe(200);
  });

  it('writes to the row of the session alone, and to no index', async () => {
    const login = await world.login(node, 'tina');
    const statistics = async () => {
      const [table] = await world.database.query<{ updated: number; hot: number }>(
        `SELECT n_tup_upd::integer AS updated, n_tup_hot_upd::integer AS hot
         FROM pg_stat_user_tables WHERE relname = 'sessions'`,
      );
      return table!;
    };
    // Statistics arrive with a delay: what earlier tests did must be in before anything is counted.
    const settled = async () => {
      await world.database.query(`SELECT pg_stat_force_next_flush()`);
      return statistics();
    };
    await world.database.query('VACUUM sessions');
    const fresh = await world.startNode();
    let { refreshToken } = login.body;
    const before = await settled();
    for (let round = 0; round < 50; round += 1) {
      refreshToken = (await fresh.refresh(refreshToken)).body.refreshToken;
    }
    await fresh.stop();
    await expect.poll(async () => (await settled()).updated - before.updated).toBeGreaterThanOrEqual(50);
    const after = await settled();
    // A page may be full while somebody still reads its old rows; with an index, none would be.
    expect(after.hot - before.hot).toBeGreaterThan(0.8 * (after.updated - before.updated));
  });

  /** Keys and a database of its own. */
  async function anotherDeployment(): Promise<Record<string, string>> {
    return {
      ENCRYPTION_KEYS: Buffer.alloc(32, 9).toString('base64'),
      DATABASE_URL: (await world.anotherDatabase()).url,
    };
  }

  it('does not take a code in place of a token', async () => {
    expect((await node.refresh(await world.code('anna', tea.appid))).body.code).toBe('refresh_token_invalid');
  });
});
