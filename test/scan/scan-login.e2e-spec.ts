import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { expectProblem } from '../harness/problem.js';
import {
  askForTokens,
  blog,
  deviceCodeGrant,
  EventStream,
  oauthError,
  postForm,
  reports,
  ScanningPhone,
  scanSettings,
  shop,
  showCode,
} from '../harness/scans.js';
import { readSessionId } from '../harness/sessions.js';
import { cake, soon, tea, useWorld } from '../harness/world.js';

describe('sign-in by scanning', () => {
  const world = useWorld();
  /** Page, phone and token request meet three nodes. */
  let node: ServiceNode;
  let second: ServiceNode;
  let third: ServiceNode;
  beforeAll(async () => {
    [node, second, third] = await Promise.all([
      world.startNode(scanSettings),
      world.startNode(scanSettings),
      world.startNode(scanSettings),
    ]);
  });

  /** No test uses up the open codes of the address for another one. */
  const freeCodes = () => world.database.query(`UPDATE scans SET expires_at = now() WHERE status <> 'used'`);

  /** A user who has signed in to the shop. */
  async function signIn(user: string) {
    const code = await showCode(node);
    const phone = await ScanningPhone.signIn(world, second, user);
    await phone.approve(code);
    const { status, body } = await askForTokens(third, code);
    expect(status).toBe(200);
    return { phone, tokens: body, code };
  }

  describe('a code', () => {
    it('is given to a web client, and only its hashes are kept', async () => {
      const answer = await postForm(node, 'device_authorization', { client_id: shop.id });
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      expect(answer.body).toEqual({
        device_code: expect.stringMatching(/^[\w-]{43}$/),
        user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
        verification_uri: 'https://login.example.com/device',
        verification_uri_complete: `https://login.example.com/device?user_code=${answer.body.user_code}`,
        expires_in: 300,
        interval: 2,
        qr_code_uri: expect.stringMatching(/^https:\/\/login\.example\.com\/scan-codes\/[\w-]{22}$/),
      });
      const [entry] = await world.database.query(
        `SELECT ip, user_id, details FROM audit_events WHERE action = 'scan.started' ORDER BY id DESC`,
      );
      expect(entry).toMatchObject({ ip: '127.0.0.1', user_id: null, details: { clientId: shop.id } });
    });

    it('signs a user in: page, phone and token request on three nodes', async () => {
      const code = await showCode(node);
      expect(await askForTokens(third, code)).toMatchObject(oauthError(400, 'authorization_pending'));
      const phone = await ScanningPhone.signIn(world, second, 'anna');
      const looked = await phone.look({ scene: code.scene });
      expect(looked).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(looked.body).toEqual({
        clientName: shop.name,
        userCode: code.userCode,
        ip: '127.0.0.1',
        userAgent: null,
        startedAt: time,
        expiresAt: time,
        sameAddress: true,
      });
      expect(Date.parse(looked.body.expiresAt) - Date.parse(looked.body.startedAt)).toBe(300_000);
      expect(await phone.decide({ scene: code.scene }, true)).toMatchObject({ status: 204, text: '' });

      const { status, body, headers } = await askForTokens(third, code);
      expect({ status, cache: headers['cache-control'] }).toEqual({ status: 200, cache: 'no-store' });
      expect(body).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 900,
        refresh_token: expect.any(String),
      });
      expect(decodeJwt(body.access_token)).toMatchObject({
        sub: phone.userId,
        client_id: shop.id,
        roles: [],
      });
      expect((await node.me(body.access_token)).body.id).toBe(phone.userId);
      expect(await world.auditedActions(phone.userId)).toEqual([
        'scan.started',
        'scan.looked_at',
        'scan.approved',
      ]);
    });

    it('leaves the address of the page with nobody if the user who approved is erased', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'ernest');
      await phone.approve(code);
      const admin = await world.createAdmin(node);
      expect((await admin.callUsers('DELETE', phone.userId)).status).toBe(202);
      await expect
        .poll(() => world.database.query('SELECT erased_at FROM users WHERE id = $1', [phone.userId]))
        .toEqual([{ erased_at: expect.any(Date) }]);
      const entries = await world.database.query<{ action: string; ip: string | null }>(
        `SELECT action, ip FROM audit_events WHERE user_id = $1 AND action LIKE 'scan.%' ORDER BY id`,
        [phone.userId],
      );
      expect(entries).toEqual([
        { action: 'scan.started', ip: null },
        { action: 'scan.looked_at', ip: null },
        { action: 'scan.approved', ip: null },
      ]);
    });

    it('leaves the address of the page out of the entries of a user who denies it: it is a stranger', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'dirk');
      await phone.look({ scene: code.scene });
      expect((await phone.decide({ scene: code.scene }, false)).status).toBe(204);
      expect(await world.auditedActions(phone.userId)).toEqual(['scan.looked_at', 'scan.denied']);
    });

    it.each([
      ['as it is shown', (code: string) => code],
      ['without the dash', (code: string) => code.replace('-', '')],
      ['in lower case, with a space', (code: string) => code.toLowerCase().replace('-', ' ')],
    ])('can be typed %s', async (_, typed) => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'bert');
      const userCode = typed(code.userCode);
      expect((await phone.look({ userCode })).body).toMatchObject({ userCode: code.userCode });
      expect((await phone.decide({ userCode }, true)).status).toBe(204);
      expect((await askForTokens(third, code)).status).toBe(200);
    });

    it('shows the browser and the address of the page, and whether the phone has the same', async () => {
      const { body } = await postForm(
        node,
        'device_authorization',
        { client_id: shop.id },
        { 'user-agent': 'Mozilla/5.0 (Macintosh)' },
        '127.0.0.2',
      );
      const phone = await ScanningPhone.signIn(world, second, 'carl');
      expect((await phone.look({ userCode: body.user_code })).body).toMatchObject({
        ip: '127.0.0.2',
        userAgent: 'Mozilla/5.0 (Macintosh)',
        sameAddress: false,
      });
    });

    it('can be denied, for which no fresh login is needed', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'dora');
      await world.database.query(`UPDATE sessions SET created_at = created_at - interval '1 hour'`);
      await phone.look({ scene: code.scene });
      expect((await phone.decide({ scene: code.scene }, false)).status).toBe(204);
      expect(await askForTokens(third, code)).toMatchObject(oauthError(400, 'access_denied'));
      expect(await world.auditedActions(phone.userId)).toContain('scan.denied');
    });

    it('cannot be approved by an old login, nor by one that was only refreshed', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'emil');
      await phone.look({ scene: code.scene });
      await world.database.query(`UPDATE sessions SET created_at = created_at - interval '3 minutes'`);
      const refused = await phone.decide({ scene: code.scene }, true);
      expectProblem(refused, 401, 'fresh_login_required');
      expect(refused.body.maxAge).toBe(120);
      expect(refused.headers['www-authenticate']).toContain('max_age=120');
      const again = await ScanningPhone.signIn(world, second, 'emil');
      expect((await again.decide({ scene: code.scene }, true)).status, 'after a login').toBe(204);
    });

    it('is unknown to everybody but the user who looked at it first', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'fritz');
      const stranger = await ScanningPhone.signIn(world, third, 'gustav');
      await phone.look({ scene: code.scene });
      for (const reference of [{ scene: code.scene }, { userCode: code.userCode }]) {
        expectProblem(await stranger.look(reference), 404, 'not_found');
        expectProblem(await stranger.decide(reference, true), 404, 'not_found');
        expectProblem(await stranger.decide(reference, false), 404, 'not_found');
      }
      expect((await phone.look({ scene: code.scene })).status, 'the first one can look again').toBe(200);
      await phone.decide({ scene: code.scene }, true);
      expect(decodeJwt((await askForTokens(third, code)).body.access_token).sub).toBe(phone.userId);
    });

    it('is one of two phones if both look at the same time', async () => {
      const code = await showCode(node);
      const phones = await Promise.all(
        ['hans', 'ida'].map((user, at) => ScanningPhone.signIn(world, [second, third][at]!, user)),
      );
      const looks = await Promise.all(phones.map((phone) => phone.look({ scene: code.scene })));
      expect(looks.map(({ status }) => String(status)).toSorted()).toEqual(['200', '404']);
    });

    it('cannot be decided on by who has not looked at it', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'jan');
      expectProblem(await phone.decide({ scene: code.scene }, true), 404, 'not_found');
    });

    it('stays approved if it is approved twice, and can be denied until the client has its tokens', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'karl');
      await phone.approve(code);
      expect((await phone.decide({ scene: code.scene }, true)).status, 'the answer was lost').toBe(204);
      expect((await phone.decide({ scene: code.scene }, false)).status).toBe(204);
      expectProblem(await phone.decide({ scene: code.scene }, true), 404, 'not_found');
      expect(await askForTokens(third, code)).toMatchObject(oauthError(400, 'access_denied'));

      const other = await showCode(node);
      await phone.approve(other);
      expect((await askForTokens(third, other)).status).toBe(200);
      expect((await phone.decide({ scene: other.scene }, true)).status, 'the answer was lost').toBe(204);
      const stranger = await ScanningPhone.signIn(world, second, 'konrad');
      expectProblem(await stranger.decide({ scene: other.scene }, true), 404, 'not_found');
      expectProblem(await phone.decide({ scene: other.scene }, false), 404, 'not_found');
      expectProblem(await phone.look({ scene: other.scene }), 404, 'not_found');
    });

    it('gives tokens once, to one of two that ask two nodes at the same time', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'lena');
      await phone.approve(code);
      const answers = await Promise.all([node, second, third].map((each) => askForTokens(each, code)));
      expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '400', '400']);
      const refused = answers.filter(({ status }) => status === 400);
      for (const each of refused) expect(each).toMatchObject(oauthError(400, 'invalid_grant'));
      const sessions = await node.as(phone.accessToken, 'GET', '/me/sessions');
      expect(sessions.body.filter(({ clientId }: any) => clientId === shop.id)).toHaveLength(1);
    });

    it('is asked for too often if two requests come within the interval', async () => {
      const code = await showCode(node);
      const answers = await Promise.all([askForTokens(node, code), askForTokens(second, code)]);
      expect(new Set(answers.map(({ body }) => body.error))).toEqual(
        new Set(['authorization_pending', 'slow_down']),
      );
      expect(answers.map(({ status }) => status)).toEqual([400, 400]);
      const phone = await ScanningPhone.signIn(world, second, 'mona');
      await phone.approve(code);
      expect((await askForTokens(third, code)).status, 'who is approved need not wait').toBe(200);
    });

    it('gives another client nothing', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'nora');
      await phone.approve(code);
      expect(await askForTokens(third, code, blog.id)).toMatchObject(oauthError(400, 'invalid_grant'));
      expect((await askForTokens(third, code)).status).toBe(200);
    });

    it('expires, in the middle of each step', async () => {
      const phone = await ScanningPhone.signIn(world, second, 'otto');
      const steps = [
        async () => {},
        async (scene: string) => void (await phone.look({ scene })),
        async (scene: string) => phone.approve({ scene }),
      ];
      for (const step of steps) {
        const code = await showCode(node);
        await step(code.scene);
        await freeCodes();
        expectProblem(await phone.look({ scene: code.scene }), 404, 'not_found');
        expectProblem(await phone.decide({ scene: code.scene }, true), 404, 'not_found');
        expectProblem(await phone.decide({ scene: code.scene }, false), 404, 'not_found');
        expect(await askForTokens(third, code)).toMatchObject(oauthError(400, 'expired_token'));
        expect((await node.get(`/scan-codes/${code.scene}`)).status).toBe(404);
      }
    });

    it('is guessed ten times a minute by one user', async () => {
      const phone = await ScanningPhone.signIn(world, second, 'paul');
      const code = await showCode(node);
      for (let guess = 0; guess < 10; guess += 1) {
        expectProblem(await phone.look({ userCode: 'BBBB-BBBB' }), 404, 'not_found');
      }
      const refused = await phone.look({ userCode: code.userCode });
      expectProblem(refused, 429, 'rate_limited');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expectProblem(await phone.decide({ userCode: code.userCode }, true), 429, 'rate_limited');
      const other = await ScanningPhone.signIn(world, second, 'quentin');
      expect((await other.look({ userCode: code.userCode })).status).toBe(200);
    });

    it('is one of 30 at most that are open for one address', async () => {
      await freeCodes();
      const from = '127.0.0.3';
      const form = { client_id: shop.id };
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          postForm([node, second, third][at % 3]!, 'device_authorization', form, {}, from),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(30);
      const refused = answers.find(({ status }) => status !== 200)!;
      expect(refused).toMatchObject(oauthError(429, 'slow_down'));
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect((await postForm(node, 'device_authorization', form, {}, '127.0.0.4')).status).toBe(200);
      const phone = await ScanningPhone.signIn(world, second, 'rosa');
      const { body } = answers.find(({ status }) => status === 200)!;
      await phone.look({ userCode: body.user_code });
      await phone.decide({ userCode: body.user_code }, false);
      expect((await postForm(node, 'device_authorization', form, {}, from)).status, 'one is over').toBe(200);
      await freeCodes();
    });

    it('is forgotten after a while', async () => {
      const code = await showCode(node);
      await world.database.query(`UPDATE scans SET expires_at = now() - interval '11 minutes'`);
      const worker = await world.startNode(scanSettings);
      await expect.poll(() => world.database.count('scans')).toBe(0);
      expect(await askForTokens(worker, code)).toMatchObject(oauthError(400, 'invalid_grant'));
    });
  });

  describe('a user who approved', () => {
    const approved = async (user: string) => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, user);
      await phone.approve(code);
      return { code, phone };
    };

    it.each(['disabled', 'ended', 'deleted'])('and was %s since, is not signed in', async (end) => {
      const { code, phone } = await approved(`user-${end}`);
      const admin = await world.createAdmin(node);
      if (end === 'disabled') await admin.callUsers('PATCH', phone.userId, { status: 'disabled' });
      if (end === 'ended') await node.as(phone.accessToken, 'POST', '/auth/logout/all');
      if (end === 'deleted') await admin.callUsers('DELETE', phone.userId);
      expect(await askForTokens(third, code)).toMatchObject(oauthError(400, 'access_denied'));
      expect(await askForTokens(third, code), 'as often as it asks').toMatchObject(
        oauthError(400, 'access_denied'),
      );
    });

    it('and was merged since, is signed in as the one who stays', async () => {
      const { code, phone } = await approved('sara');
      const into = await ScanningPhone.signIn(world, second, 'tina', cake.appid);
      const admin = await world.createAdmin(node);
      await admin.callUsers('POST', `${phone.userId}/merge`, { into: into.userId });
      const { body } = await askForTokens(third, code);
      expect(decodeJwt(body.access_token).sub).toBe(into.userId);
      expect((await node.me(body.access_token)).status).toBe(200);
    });

    it('and was merged between the look and the decision, still decides', async () => {
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'ulla');
      await phone.look({ scene: code.scene });
      const into = await ScanningPhone.signIn(world, second, 'vera', cake.appid);
      const admin = await world.createAdmin(node);
      await admin.callUsers('POST', `${phone.userId}/merge`, { into: into.userId });
      expect((await into.decide({ scene: code.scene }, true)).status).toBe(204);
      expect(decodeJwt((await askForTokens(third, code)).body.access_token).sub).toBe(into.userId);
    });
  });

  describe('the session of a web client', () => {
    it('is in /me/sessions with the name of the client, and ends there', async () => {
      const { phone, tokens } = await signIn('anna');
      const { body } = await node.as(phone.accessToken, 'GET', '/me/sessions');
      const id = readSessionId(tokens.access_token);
      const found = body.find((session: any) => session.id === id);
      expect(found).toMatchObject({ appid: null, clientId: shop.id, clientName: shop.name, current: false });
      expect((await node.as(phone.accessToken, 'DELETE', `/me/sessions/${id}`)).status).toBe(204);
      await expect.poll(async () => (await third.me(tokens.access_token)).status, soon).toBe(401);
      const refreshed = await refresh(tokens.refresh_token);
      expect(refreshed).toMatchObject(oauthError(400, 'invalid_grant'));
    });

    it('cannot link, unlink, look at a code or approve one', async () => {
      const { tokens } = await signIn('bert');
      const code = await showCode(node);
      for (const [method, path, body] of [
        ['POST', '/me/identities', { code: 'code', appid: cake.appid }],
        ['DELETE', `/me/identities/${tea.appid}`, undefined],
        ['POST', '/me/scans/look', { scene: code.scene }],
        ['POST', '/me/scans/decide', { scene: code.scene, approve: true }],
      ] as const) {
        expectProblem(await node.as(tokens.access_token, method, path, body), 403, 'forbidden');
      }
    });

    it('is refreshed by its client alone, and not at /auth/refresh', async () => {
      const { tokens } = await signIn('carl');
      const stolen = await refresh(tokens.refresh_token, blog.id);
      expect(stolen).toMatchObject(oauthError(400, 'invalid_grant'));
      expectProblem(await node.refresh(tokens.refresh_token), 401, 'refresh_token_invalid');
      const { status, body } = await refresh(tokens.refresh_token);
      expect(status).toBe(200);
      expect(body.refresh_token).not.toBe(tokens.refresh_token);
      expect(decodeJwt(body.access_token)).toMatchObject({
        client_id: shop.id,
        sid: readSessionId(tokens.access_token),
        auth_time: decodeJwt(tokens.access_token)['auth_time'],
      });
      const twice = await refresh(tokens.refresh_token);
      expect(twice.body.refresh_token, 'within the grace').toBe(body.refresh_token);
      const next = await refresh(body.refresh_token);
      expect(next.status).toBe(200);
      expect(await refresh(tokens.refresh_token), 'reused').toMatchObject(oauthError(400, 'invalid_grant'));
      expect(await refresh(next.body.refresh_token), 'ended by that').toMatchObject(
        oauthError(400, 'invalid_grant'),
      );
    });

    it('is told what a web page can do if its refresh token is refused', async () => {
      const { tokens } = await signIn('cora');
      const first = await refresh(tokens.refresh_token);
      await refresh(first.body.refresh_token);
      const reused = await refresh(tokens.refresh_token);
      const ended = await refresh(first.body.refresh_token);
      for (const { body } of [reused, ended, await refresh('nonsense')]) {
        expect(body.error_description).toMatch(/Show a new code\.$/);
      }
    });

    it('is not that of a mini-program: its refresh token is no client’s', async () => {
      const { body } = await world.login(node, 'dora');
      expect(await refresh(body.refreshToken)).toMatchObject(oauthError(400, 'invalid_grant'));
      expect((await node.refresh(body.refreshToken)).status).toBe(200);
    });

    it.each(['access_token', 'refresh_token'] as const)(
      'ends when its client revokes the %s',
      async (kind) => {
        const { tokens } = await signIn('emil');
        const revoke = (token: string, clientId: string) =>
          postForm(second, 'revoke', { token, client_id: clientId });
        expect(await revoke(tokens[kind], blog.id)).toMatchObject({ status: 200, text: '' });
        expect((await node.me(tokens.access_token)).status, 'another client cannot').toBe(200);
        expect(await revoke(tokens[kind], shop.id)).toMatchObject({ status: 200, text: '' });
        await expect.poll(async () => (await node.me(tokens.access_token)).status, soon).toBe(401);
        expect(await refresh(tokens.refresh_token)).toMatchObject(oauthError(400, 'invalid_grant'));
        expect((await revoke(tokens[kind], shop.id)).status, 'again').toBe(200);
        expect((await revoke('nonsense', shop.id)).status).toBe(200);
      },
    );

    const refresh = (token: string, clientId = shop.id) =>
      postForm(third, 'token', { grant_type: 'refresh_token', refresh_token: token, client_id: clientId });
  });

  describe('a client with a secret', () => {
    const basic = (id: string, secret: string) => ({
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
    });
    const start = (form: Record<string, string>, headers = {}) =>
      postForm(node, 'device_authorization', form, headers);

    it('proves it in the form or by Basic', async () => {
      const { id, secret } = reports;
      expect((await start({ client_id: id, client_secret: secret })).status).toBe(200);
      expect((await start({}, basic(id, secret))).status).toBe(200);
      expect((await start({ client_id: id }, basic(id, secret))).status).toBe(200);
    });

    it('may have more than 30 open codes, since all of its users come by one address', async () => {
      await freeCodes();
      const from = '127.0.0.5';
      const form = { client_id: reports.id, client_secret: reports.secret };
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => postForm(node, 'device_authorization', form, {}, from)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
      const page = await postForm(node, 'device_authorization', { client_id: shop.id }, {}, from);
      expect(page.status, 'a page at the same address').toBe(200);
      await freeCodes();
    });

    it('may send an empty one if it has none, as many libraries do', async () => {
      expect((await start({ client_id: shop.id, client_secret: '' })).status).toBe(200);
      expect((await start({}, basic(shop.id, ''))).status).toBe(200);
      expect(await start({}, basic(reports.id, ''))).toMatchObject(oauthError(401, 'invalid_client'));
    });

    it('is refused without it, with another one, and with two', async () => {
      const { id, secret } = reports;
      expect(await start({ client_id: id })).toMatchObject(oauthError(401, 'invalid_client'));
      const wrong = await start({ client_id: id, client_secret: `${secret}x` });
      expect(wrong).toMatchObject(oauthError(401, 'invalid_client'));
      expect(wrong.headers, 'a browser would show a dialog').not.toHaveProperty('www-authenticate');
      const wrongBasic = await start({}, basic(id, 'x'));
      expect(wrongBasic).toMatchObject(oauthError(401, 'invalid_client'));
      expect(wrongBasic.headers['www-authenticate']).toMatch(/^Basic /);
      expect(await start({}, { authorization: 'Bearer x' })).toMatchObject(oauthError(401, 'invalid_client'));
      expect(await start({ client_secret: secret }, basic(id, secret))).toMatchObject(
        oauthError(400, 'invalid_request'),
      );
      expect(await start({ client_id: shop.id }, basic(id, secret))).toMatchObject(
        oauthError(400, 'invalid_request'),
      );
      expect(await start({ client_id: shop.id, client_secret: secret }), 'which has none').toMatchObject(
        oauthError(401, 'invalid_client'),
      );
    });

    it('gets no tokens with a wrong one for its own device code', async () => {
      const { id, secret } = reports;
      const { body } = await start({ client_id: id, client_secret: secret });
      const phone = await ScanningPhone.signIn(world, second, 'fritz');
      await phone.look({ userCode: body.user_code });
      await phone.decide({ userCode: body.user_code }, true);
      const form = { grant_type: deviceCodeGrant, device_code: body.device_code, client_id: id };
      expect(await postForm(third, 'token', { ...form, client_secret: 'wrong' })).toMatchObject(
        oauthError(401, 'invalid_client'),
      );
      expect((await postForm(third, 'token', { ...form, client_secret: secret })).status).toBe(200);
    });

    it('may ask about tokens, which no other may', async () => {
      const { tokens, phone } = await signIn('gustav');
      const introspect = (token: string, headers = basic(reports.id, reports.secret)) =>
        postForm(second, 'introspect', { token }, headers);
      expect((await introspect(tokens.access_token)).body).toMatchObject({
        active: true,
        client_id: shop.id,
        token_type: 'Bearer',
        sub: phone.userId,
        iss: 'https://login.example.com',
        aud: 'weapp',
        sid: readSessionId(tokens.access_token),
      });
      expect((await introspect(tokens.refresh_token)).body, "another client's").toEqual({ active: false });
      expect((await introspect('nonsense')).body).toEqual({ active: false });
      await postForm(second, 'revoke', { token: tokens.access_token, client_id: shop.id });
      expect((await introspect(tokens.access_token)).body).toEqual({ active: false });
      expect(
        await postForm(second, 'introspect', { token: tokens.access_token, client_id: shop.id }),
      ).toMatchObject(oauthError(403, 'unauthorized_client'));
    });
  });

  describe('the endpoints', () => {
    it.each<[string, string, Record<string, string>, string]>([
      ['no client', 'device_authorization', {}, 'invalid_request'],
      ['no device code', 'token', { client_id: shop.id, grant_type: deviceCodeGrant }, 'invalid_request'],
      ['no refresh token', 'token', { client_id: shop.id, grant_type: 'refresh_token' }, 'invalid_request'],
      ['no grant', 'token', { client_id: shop.id }, 'invalid_request'],
      [
        'another grant',
        'token',
        { client_id: shop.id, grant_type: 'password', username: 'a', password: 'b' },
        'unsupported_grant_type',
      ],
      [
        'an unknown device code',
        'token',
        { client_id: shop.id, grant_type: deviceCodeGrant, device_code: 'x' },
        'invalid_grant',
      ],
      [
        'an unknown device code',
        'device_authorization/events',
        { client_id: shop.id, device_code: 'x' },
        'invalid_grant',
      ],
      ['no token', 'revoke', { client_id: shop.id }, 'invalid_request'],
    ])('refuse %s in the words of OAuth: /oauth/%s', async (_, path, form, error) => {
      expect(await postForm(node, path, form)).toMatchObject(oauthError(400, error));
    });

    it('refuse an unknown client', async () => {
      expect(await postForm(node, 'device_authorization', { client_id: 'nobody' })).toMatchObject(
        oauthError(401, 'invalid_client'),
      );
      expect(await postForm(node, 'device_authorization', { client_id: tea.appid })).toMatchObject(
        oauthError(401, 'invalid_client'),
      );
    });

    it('take nothing from a URL: it would be in logs', async () => {
      const { deviceCode } = await showCode(node);
      const query = new URLSearchParams({ device_code: deviceCode }).toString();
      const form = { client_id: shop.id, grant_type: deviceCodeGrant };
      for (const path of [`token?${query}`, `device_authorization/events?${query}`]) {
        expect(await postForm(node, path, form)).toMatchObject(oauthError(400, 'invalid_request'));
        expect((await node.get(`/oauth/${path}`)).status).toBe(405);
      }
      expect(node.output).not.toContain(deviceCode);
    });

    it.each([
      ['JSON', 'application/json', JSON.stringify({ client_id: shop.id })],
      ['broken JSON', 'application/json', '{'],
      ['text', 'text/plain', 'client_id=shop'],
      ['a parameter twice', 'application/x-www-form-urlencoded', 'client_id=shop&client_id=shop'],
      ['nothing', 'application/x-www-form-urlencoded', ''],
      ['20 KB', 'application/x-www-form-urlencoded', `client_id=${'x'.repeat(20_000)}`],
    ])('refuse %s', async (_, type, body) => {
      const answer = await node.call('POST', '/oauth/device_authorization', {
        body,
        headers: { 'content-type': type },
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.body).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
    });

    it('take forms, which no other route does', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      expectProblem(await node.post('/auth/login', 'code=a', { headers }), 415, 'unsupported_media_type');
    });

    it('may be called by the pages of the client, and by no others', async () => {
      const form = { client_id: shop.id };
      const own = await postForm(node, 'device_authorization', form, { origin: shop.origins[0]! });
      expect(own).toMatchObject({
        status: 200,
        headers: { 'access-control-allow-origin': shop.origins[0] },
      });
      for (const origin of ['https://evil.example', blog.origins[0]!, 'null']) {
        expect(await postForm(node, 'device_authorization', form, { origin }), origin).toMatchObject(
          oauthError(403, 'unauthorized_client'),
        );
      }
      const foreign = await postForm(node, 'device_authorization', form, { origin: 'https://evil.example' });
      expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
    });

    it('are in the metadata, if there are web clients', async () => {
      const { body } = await node.get('/.well-known/oauth-authorization-server');
      const base = 'https://login.example.com';
      expect(body).toMatchObject({
        issuer: base,
        grant_types_supported: [deviceCodeGrant, 'refresh_token'],
        device_authorization_endpoint: `${base}/oauth/device_authorization`,
        token_endpoint: `${base}/oauth/token`,
        revocation_endpoint: `${base}/oauth/revoke`,
        introspection_endpoint: `${base}/oauth/introspect`,
      });
      const without = await world.startNode();
      expect((await without.get('/.well-known/oauth-authorization-server')).body).toMatchObject({
        grant_types_supported: [],
      });
      expect(await postForm(without, 'device_authorization', { client_id: 'console' })).toMatchObject(
        oauthError(401, 'invalid_client'),
      );
    });

    it('serve the console, for pages of the service itself', async () => {
      const withConsole = await world.startNode({ ...scanSettings, CONSOLE: 'true' });
      const form = { client_id: 'console' };
      const { origin } = new URL(withConsole.url);
      for (const each of [origin, 'https://login.example.com']) {
        const answer = await postForm(withConsole, 'device_authorization', form, { origin: each });
        expect(answer.status, each).toBe(200);
      }
      const foreign = await postForm(withConsole, 'device_authorization', form, { origin: shop.origins[0]! });
      expect(foreign).toMatchObject(oauthError(403, 'unauthorized_client'));
    });

    it('sign an admin in to the console, who may change things soon after the approval', async () => {
      const withConsole = await world.startNode({ ...scanSettings, CONSOLE: 'true' });
      const admin = await world.createAdmin(withConsole);
      const code = await showCode(withConsole, 'console');
      const phone = await ScanningPhone.signIn(world, withConsole, 'operator');
      await phone.approve(code);
      const { body } = await askForTokens(withConsole, code, 'console');
      const call = (method: string, path: string, sent: object) =>
        withConsole.as(body.access_token, method, path, sent);
      expect((await call('POST', '/admin/users/search', {})).status).toBe(200);
      const user = await ScanningPhone.signIn(world, withConsole, 'werner');
      const disabled = await call('PATCH', `/admin/users/${user.userId}`, { status: 'disabled' });
      expect(disabled.status).toBe(200);
      expect(phone.userId).toBe(admin.id);
    });
  });

  describe('an admin', () => {
    it('does not lend the role to a page that they sign in to', async () => {
      await world.createAdmin(node);
      const code = await showCode(node);
      const phone = await ScanningPhone.signIn(world, second, 'operator');
      await phone.approve(code);
      const { body } = await askForTokens(third, code);
      expect((await node.me(body.access_token)).body.roles).toEqual(['admin']);
      for (const path of ['/admin/stats', '/admin/health', `/admin/users/${phone.userId}`]) {
        const refused = await node.as(body.access_token, 'GET', path);
        expectProblem(refused, 403, 'forbidden');
        expect(refused.body.detail).toContain('web client');
        expect((await node.as(phone.accessToken, 'GET', path)).status, 'the phone').toBe(200);
      }
    });
  });

  describe('the page of verification_uri', () => {
    it('says in both languages how to go on, and runs nothing', async () => {
      const { headers, text } = await node.get('/device?user_code=bcdfghjk');
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
      for (const word of ['BCDF-GHJK', '用微信登录', 'Sign in with WeChat', 'Tea']) {
        expect(text).toContain(word);
      }
      expect(text).not.toContain('<script');
    });

    it.each(['<script>alert(1)</script>', 'AAAA-AAAA', 'x'.repeat(100)])(
      'shows no code that is none: %s',
      async (code) => {
        const { text } = await node.get(`/device?user_code=${encodeURIComponent(code)}`);
        expect(text).not.toContain(code);
        expect(text).not.toContain('<code>');
      },
    );
  });

  describe('the events', () => {
    it('come to pages on every node, and end after the last', async () => {
      const code = await showCode(node);
      const pages = await Promise.all([node, second, third].map((each) => EventStream.open(each, code)));
      expect(pages[0]!.response.headers.get('content-type')).toBe('text/event-stream');
      expect(pages[0]!.response.headers.get('cache-control')).toBe('no-store');
      const names = () => pages.map((page) => page.names);
      await expect.poll(names, soon).toEqual(pages.map(() => ['pending']));
      const phone = await ScanningPhone.signIn(world, second, 'anna');
      await node.as(phone.accessToken, 'PATCH', '/me', { nickname: 'Anna' });
      await phone.look({ scene: code.scene });
      await expect.poll(names, soon).toEqual(pages.map(() => ['pending', 'scanned']));
      expect(pages[2]!.data).toEqual({ nickname: 'Anna', avatarUrl: null });
      await phone.decide({ scene: code.scene }, true);
      await expect.poll(names, soon).toEqual(pages.map(() => ['pending', 'scanned', 'approved']));
      await expect.poll(() => pages.map(({ isOver }) => isOver)).toEqual([true, true, true]);
      const late = await EventStream.open(node, code);
      await expect.poll(() => late.names).toEqual(['approved']);
      await askForTokens(node, code);
      const later = await EventStream.open(second, code);
      await expect.poll(() => later.names).toEqual(['approved']);
    });

    it('tell of the scan, too, if the user decides at once', async () => {
      const code = await showCode(node);
      const page = await EventStream.open(node, code);
      await expect.poll(() => page.names).toEqual(['pending']);
      const phone = await ScanningPhone.signIn(world, second, 'bert');
      await phone.approve(code);
      await expect.poll(() => page.names, soon).toEqual(['pending', 'scanned', 'approved']);
    });

    it('tell of a denial and of an expiry', async () => {
      const [denied, expired] = [await showCode(node), await showCode(node)];
      const pages = await Promise.all([denied, expired].map((code) => EventStream.open(third, code)));
      const phone = await ScanningPhone.signIn(world, second, 'bert');
      await phone.look({ scene: denied.scene });
      await phone.decide({ scene: denied.scene }, false);
      await expect.poll(() => pages[0]!.names.at(-1), soon).toBe('denied');
      await freeCodes();
      await expect.poll(() => pages[1]!.names.at(-1), soon).toBe('expired');
      await expect.poll(() => pages.map(({ isOver }) => isOver)).toEqual([true, true]);
    });

    it('cost one statement however many pages wait, and none once all have gone', async () => {
      const url = new URL(world.database.url);
      url.searchParams.set('application_name', 'own');
      const own = await world.startNode({ ...scanSettings, DATABASE_URL: url.href });
      const codes = await Promise.all(Array.from({ length: 8 }, () => showCode(own)));
      const pages = await Promise.all(codes.map((code) => EventStream.open(own, code)));
      await expect.poll(() => pages.every((page) => page.names.length === 1)).toBe(true);
      const statements = async () => {
        const [row] = await world.database.query<{ at: string | null }>(
          `SELECT max(query_start)::text AS at FROM pg_stat_activity
           WHERE application_name = 'own' AND query LIKE '%unnest($1::uuid[], $2::text[]) AS waiting%'`,
        );
        return row!.at;
      };
      const before = await statements();
      await expect.poll(statements).not.toBe(before);
      for (const page of pages) page.close();
      let seen: string | null = null;
      await expect
        .poll(
          async () => {
            const last = seen;
            seen = await statements();
            return seen === last;
          },
          { interval: 1_500 },
        )
        .toBe(true);
      await freeCodes();
    });

    it('go on at another node if the node of the page is killed', async () => {
      const dying = await world.startNode(scanSettings);
      const code = await showCode(dying);
      const page = await EventStream.open(dying, code);
      await expect.poll(() => page.names).toEqual(['pending']);
      const phone = await ScanningPhone.signIn(world, second, 'carl');
      await phone.look({ scene: code.scene });
      await dying.stop('SIGKILL');
      await expect.poll(() => page.isOver).toBe(true);
      await phone.decide({ scene: code.scene }, true);
      const again = await EventStream.open(third, code);
      await expect.poll(() => again.names).toEqual(['approved']);
      expect((await askForTokens(third, code)).status).toBe(200);
    });

    it('do not keep a node from stopping', async () => {
      const stopping = await world.startNode(scanSettings);
      const page = await EventStream.open(stopping, await showCode(stopping));
      await expect.poll(() => page.names).toEqual(['pending']);
      expect(await stopping.stop()).toBe(0);
      await expect.poll(() => page.isOver).toBe(true);
      expect(page.isCutOff, 'as a request that does not come to an end').toBe(false);
    });

    it('go on if the connections to Postgres break', async () => {
      const phone = await ScanningPhone.signIn(world, second, 'dora');
      const code = await showCode(node);
      const page = await EventStream.open(node, code);
      await expect.poll(() => page.names).toEqual(['pending']);
      await world.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'weapp-auth'`,
      );
      await expect.poll(async () => (await phone.look({ scene: code.scene })).status).toBe(200);
      await expect.poll(() => page.names).toEqual(['pending', 'scanned']);
      page.close();
    });
  });
});
