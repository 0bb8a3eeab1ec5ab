import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCipheriv } from 'node:crypto';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { encryptPush } from '../../src/wechat/message-push.js';
import type { Admin } from '../harness/admin.js';
import { createUserWithAllData, expectErased, findUser, jobTimeout } from '../harness/deletion.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { expectProblem } from '../harness/problem.js';
import {
  configurePush,
  openidOf,
  postPush,
  pushSettings,
  sendPush,
  signedQuery,
  wechatAppsWithPush,
} from '../harness/push.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { alone, cake, soon, tea, useWorld } from '../harness/world.js';

const cancellation = 'user_authorization_cancellation';
const revocation = 'user_authorization_revoke';
const modification = 'user_info_modified';

describe('message push', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    world.keepSecret(pushSettings.token);
    world.keepSecret(pushSettings.encodingAesKey);
    const settings = { WECHAT_APPS: wechatAppsWithPush };
    [node, other] = await Promise.all([world.startNode(settings), world.startNode(settings)]);
    admin = await world.createAdmin(node);
  });

  /** The event as WeChat writes it. */
  async function eventOf(user: string, event: string, changes: object = {}): Promise<object> {
    return {
      ToUserName: 'gh_1',
      FromUserName: 'oSenderOfPushes',
      CreateTime: Math.floor(Date.now() / 1_000),
      MsgType: 'event',
      Event: event,
      OpenID: await openidOf(world, user),
      AppID: tea.appid,
      ...changes,
    };
  }

  /** The emulator sends an event to the first node. */
  async function push(user: string, event: string, members: object = {}): Promise<Record<string, unknown>> {
    return world.control('POST', '/push', { appid: tea.appid, user, event, ...members });
  }

  /** What is still to be done. */
  const pending = () => world.database.query('SELECT event FROM push_messages WHERE identity_id IS NOT NULL');

  /** Resolves when all that was acknowledged is done. */
  async function expectDone(): Promise<void> {
    await expect.poll(pending, soon).toEqual([]);
  }

  async function identitiesOf(userId: string): Promise<string[]> {
    const rows = await world.database.query<{ appid: string }>(
      'SELECT appid FROM identities WHERE user_id = $1 ORDER BY appid',
      [userId],
    );
    return rows.map(({ appid }) => appid);
  }

  describe('the check of the URL', () => {
    const check = (query: Record<string, string>, appid: string = tea.appid) =>
      node.get(`/wechat/push/${appid}?${new URLSearchParams(query).toString()}`);

    it('is answered with echostr and nothing else', async () => {
      const answer = await check({ ...signedQuery(), echostr: '4375120948345356249' });
      expect(answer).toMatchObject({ status: 200, text: '4375120948345356249' });
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      await configurePush(world, node.url);
      expect(await world.control('POST', '/push/check-url', { appid: tea.appid })).not.toHaveProperty(
        'error',
      );
    });

    it('is refused with a wrong signature, and with an old one', async () => {
      const query = { ...signedQuery(), echostr: '1' };
      expectProblem(await check({ ...query, signature: '0'.repeat(40) }), 401, 'push_invalid');
      expectProblem(await check({ ...query, nonce: '2' }), 401, 'push_invalid');
      expectProblem(await check({ ...signedQuery(undefined, -310), echostr: '1' }), 401, 'push_invalid');
    });

    it.each(['signature', 'timestamp', 'nonce', 'echostr'])('is malformed without %s', async (name) => {
      const { [name]: _, ...query } = { ...signedQuery(), echostr: '1' } as Record<string, string>;
      const answer = await check(query);
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body.errors).toMatchObject([{ field: name }]);
    });

    it('is refused for an app that is unknown, or whose push is not set up', async () => {
      for (const appid of ['wx00000000000000ff', alone.appid]) {
        expectProblem(await check({ ...signedQuery(), echostr: '1' }, appid), 400, 'unknown_app');
      }
    });
  });

  describe.each([
    ['secure', 'json'],
    ['secure', 'xml'],
    ['compatible', 'json'],
    ['compatible', 'xml'],
  ])('in %s mode and %s', (mode, format) => {
    it('is acknowledged with success, and carried out', async () => {
      await configurePush(world, node.url, { mode, format });
      const user = `${mode}-${format}`;
      const { id } = (await world.login(node, user)).body.user;
      expect(await push(user, modification)).toMatchObject({ attempts: 1, status: 200, body: 'success' });
      await expect
        .poll(() => findUser(world, id), soon)
        .toMatchObject({ profile_stale_since: expect.any(Date) });
    });
  });

  describe('a plain message', () => {
    it.each(['json', 'xml'])('in %s is acknowledged and logged, and nothing is done', async (format) => {
      await configurePush(world, node.url, { mode: 'plain', format });
      const login = await world.login(node, `plain-${format}`);
      for (const event of [cancellation, revocation, modification]) {
        const answer = await push(`plain-${format}`, event, { RevokeInfo: '6' });
        expect(answer).toMatchObject({ attempts: 1, status: 200, body: 'success' });
        expect(node.output).toContain(`"event":"${event}","isEncrypted":false`);
      }
      expect(await world.database.count('push_messages WHERE created_at > now()')).toBe(0);
      expect(await pending()).toEqual([]);
      expect((await node.me(login.body.accessToken)).body).toMatchObject({ profileStaleSince: null });
    });

    it('cannot be forged beside an encrypted one: only encrypted members count', async () => {
      const victim = await world.login(node, 'victim');
      const encrypted = encryptPush(JSON.stringify(await eventOf('nobody', cancellation)), {
        appid: tea.appid,
        ...pushSettings,
      });
      const plain = await eventOf('victim', cancellation);
      const body = JSON.stringify({ ...plain, Encrypt: encrypted });
      expect(await postPush(node, body, { query: signedQuery(encrypted) })).toMatchObject({ status: 200 });
      await expectDone();
      expect((await node.me(victim.body.accessToken)).status).toBe(200);
    });
  });

  describe('user_authorization_cancellation', () => {
    beforeAll(() => configurePush(world, node.url));

    it('erases a user who has no other identity', async () => {
      const { login, id, traces } = await createUserWithAllData(world, node, 'anna', '13800000001');
      await configurePush(world, node.url, { appid: cake.appid });
      const cakeEvent = { appid: cake.appid, user: 'anna', event: cancellation };
      expect(await world.control('POST', '/push', cakeEvent)).toMatchObject({ body: 'success' });
      await expect.poll(() => identitiesOf(id), soon).toEqual([tea.appid]);
      await push('anna', cancellation);
      await expect.poll(() => findUser(world, id), soon).toMatchObject({ erased_at: expect.any(Date) });
      await expectDone();
      await expect.poll(() => findUser(world, id), soon).toMatchObject({ avatar_key: null });
      await expectErased(world, id, traces);
      expect(await node.refresh(login.body.refreshToken)).toMatchObject({ body: { reason: 'deleted' } });
      const actions = await world.auditedActions(id);
      expect(actions.slice(-3)).toEqual([
        'user.authorization_cancelled',
        'user.deletion_requested',
        'user.erased',
      ]);
      const written = await world.database.query<{ xmin: string }>(
        'SELECT xmin::text FROM audit_events WHERE user_id = $1 ORDER BY id DESC LIMIT 3',
        [id],
      );
      expect(written[1], 'nothing comes between the look at the identities and the decision').toEqual(
        written[2],
      );
    });

    it('erases the identity, its keys and its sessions, if the user has another one', async () => {
      const cakeLogin = await world.login(node, 'bert', cake.appid);
      const teaLogin = await world.login(node, 'bert', tea.appid);
      const { id } = teaLogin.body.user;
      await push('bert', cancellation);
      await expectDone();
      expect(await identitiesOf(id)).toEqual([cake.appid]);
      expect(await node.me(teaLogin.body.accessToken)).toMatchObject({ body: { code: 'session_revoked' } });
      await expect.poll(async () => (await other.me(teaLogin.body.accessToken)).status, soon).toBe(401);
      expect((await node.refresh(teaLogin.body.refreshToken)).status).toBe(401);
      expect((await node.me(cakeLogin.body.accessToken)).body).toMatchObject({ id });
      expect((await node.refresh(cakeLogin.body.refreshToken)).status).toBe(200);
      const sessions = await world.database.query(
        'SELECT client_id, ip IS NULL AND user_agent IS NULL AS "isBare" FROM sessions WHERE user_id = $1 ORDER BY client_id',
        [id],
      );
      expect(sessions).toEqual([
        { client_id: tea.appid, isBare: true },
        { client_id: cake.appid, isBare: false },
      ]);
      expect(await world.auditedActions(id)).toEqual([
        'user.authorization_cancelled',
        'user.identity_unlinked',
      ]);
    });

    it('lets the user come back: to what is left of them, or as a new user', async () => {
      await world.login(node, 'cleo', cake.appid);
      const { id } = (await world.login(node, 'cleo')).body.user;
      await push('cleo', cancellation);
      await expectDone();
      const back = await world.login(node, 'cleo');
      expect(back.body, 'by the unionid').toMatchObject({ isNewUser: false, user: { id } });

      const before = (await world.login(node, 'carl')).body.user.id;
      await push('carl', cancellation);
      await expectDone();
      expect((await world.login(node, 'carl')).body.isNewUser).toBe(true);
      expect(await findUser(world, before)).toMatchObject({ erased_at: expect.any(Date) });
    });

    it('does not end a ban, although the identity is gone', async () => {
      await world.control('POST', '/users', { id: 'dora', unionid: false });
      const login = await world.login(node, 'dora', cake.appid);
      const { id } = login.body.user;
      const code = await world.code('dora');
      const linked = await node.as(login.body.accessToken, 'POST', '/me/identities', {
        code,
        appid: tea.appid,
      });
      expect(linked.status).toBeLessThan(300);
      await admin.callUsers('PATCH', id, { status: 'disabled' });
      await push('dora', cancellation);
      await expectDone();
      expect(await identitiesOf(id)).toEqual([cake.appid]);
      expect(await world.login(node, 'dora')).toMatchObject({
        status: 403,
        body: { code: 'account_disabled' },
      });
      await admin.callUsers('PATCH', id, { status: 'active' });
      expect((await world.login(node, 'dora')).body).toMatchObject({ isNewUser: true });
    });

    it('keeps the ban of a user without another identity', async () => {
      const { id } = (await world.login(node, 'dan')).body.user;
      await admin.callUsers('PATCH', id, { status: 'disabled' });
      await push('dan', cancellation);
      await expect.poll(() => findUser(world, id), soon).toMatchObject({ erased_at: expect.any(Date) });
      expect(await world.login(node, 'dan')).toMatchObject({ body: { code: 'account_disabled' } });
    });

    it('does not wait for the end of a deletion that the user has asked for', async () => {
      const login = await world.login(node, 'dirk');
      await node.as(login.body.accessToken, 'DELETE', '/me');
      await push('dirk', cancellation);
      await expect
        .poll(() => findUser(world, login.body.user.id), soon)
        .toMatchObject({ erased_at: expect.any(Date) });
    });

    it('leaves alone an identity that is younger than the message', async () => {
      const login = await world.login(node, 'eva');
      const anHourAgo = Math.floor(Date.now() / 1_000) - 3_600;
      expect(await push('eva', cancellation, { CreateTime: anHourAgo })).toMatchObject({ body: 'success' });
      await expectDone();
      expect((await node.me(login.body.accessToken)).status).toBe(200);
    });
  });

  describe('user_authorization_revoke', () => {
    beforeAll(() => configurePush(world, node.url));

    it.each([
      ['8', { phone: null }],
      ['6', { nickname: null, avatarUrl: null }],
      ['19', { nickname: null }],
      ['20', { avatarUrl: null }],
      ['6,8', { phone: null, nickname: null, avatarUrl: null }],
      ['8|20', { phone: null, avatarUrl: null }],
      ['1', {}],
      ['', {}],
    ])('with RevokeInfo %j clears that and nothing else', async (revokeInfo, cleared) => {
      const user = `revoke-${revokeInfo}`;
      const { login, traces } = await createUserWithAllData(world, node, user, '13800000009');
      const { accessToken } = login.body;
      const before = (await node.me(accessToken)).body;
      await push(user, revocation, { RevokeInfo: revokeInfo });
      await expectDone();
      expect((await node.me(accessToken)).body).toEqual({ ...before, ...cleared });
      expect(readdirSync(world.avatars).includes(traces.at(-1)!)).toBe(!('avatarUrl' in cleared));
      const actions = await world.auditedActions(before.id);
      expect(actions.filter((action) => action === 'user.authorization_revoked')).toHaveLength(
        Object.keys(cleared).length > 0 ? 1 : 0,
      );
    });

    it('drops a nickname that waits for its check', async () => {
      const login = await world.login(node, 'gina');
      await world.fault({ path: '/wxa/msg_sec_check', errcode: 45009 });
      await node.as(login.body.accessToken, 'PATCH', '/me', { nickname: 'waiting' });
      expect((await node.me(login.body.accessToken)).body).toMatchObject({ pendingNickname: 'waiting' });
      await push('gina', revocation, { RevokeInfo: '6' });
      await expectDone();
      expect((await node.me(login.body.accessToken)).body).toMatchObject({ pendingNickname: null });
    });

    it('clears the data of a disabled user, too', async () => {
      const { id } = await createUserWithAllData(world, node, 'fiona', '13800000008');
      await admin.callUsers('PATCH', id, { status: 'disabled' });
      await push('fiona', revocation, { RevokeInfo: '6,8' });
      await expectDone();
      expect(await findUser(world, id)).toMatchObject({
        phone_sealed: null,
        phone_index: null,
        nickname: null,
        avatar_key: null,
      });
    });
  });

  describe('user_info_modified', () => {
    beforeAll(() => configurePush(world, node.url));

    it.each([
      ['nickname', (token: string) => node.as(token, 'PATCH', '/me', { nickname: '小明' })],
      ['avatar', (token: string) => uploadAvatar(token)],
    ])('marks the profile stale, until the user sets the %s', async (field, renew) => {
      const { accessToken } = (await world.login(node, `hans-${field}`)).body;
      expect((await node.me(accessToken)).body.profileStaleSince).toBeNull();
      await push(`hans-${field}`, modification);
      await expectDone();
      const since = Date.parse((await node.me(accessToken)).body.profileStaleSince);
      expect(Math.abs(Date.now() - since)).toBeLessThan(60_000);
      await renew(accessToken);
      expect((await node.me(accessToken)).body.profileStaleSince).toBeNull();
    });

    async function uploadAvatar(token: string): Promise<Response> {
      const form = new FormData();
      const picture = { width: 8, height: 8, channels: 3, background: '#00ff00' } as const;
      form.append('file', new Blob([await sharp({ create: picture }).png().toBuffer()]), 'a.png');
      return fetch(new URL('/me/avatar', node.url), {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}` },
        body: form,
      });
    }
  });

  describe('a message that is not from WeChat, or damaged', () => {
    let login: Answer;
    beforeAll(async () => {
      login = await world.login(node, 'target');
    });

    async function expectNothingDone(): Promise<void> {
      await expectDone();
      expect((await node.me(login.body.accessToken)).body).toMatchObject({ profileStaleSince: null });
    }

    it('with a wrong msg_signature is refused', async () => {
      const query = { msg_signature: '0'.repeat(40) };
      expectProblem(
        await sendPush(node, await eventOf('target', cancellation), { query }),
        401,
        'push_invalid',
      );
      await expectNothingDone();
    });

    it('with the right signature and a forged body is refused', async () => {
      const forged = encryptPush(JSON.stringify(await eventOf('target', cancellation)), {
        appid: tea.appid,
        ...pushSettings,
      });
      const seen = signedQuery(encryptPush('{}', { appid: tea.appid, ...pushSettings }));
      const body = JSON.stringify({ ToUserName: 'gh_1', Encrypt: forged });
      for (const query of [seen, signedQuery(), { ...seen, msg_signature: seen['signature']! }]) {
        expectProblem(await postPush(node, body, { query }), 401, 'push_invalid');
      }
      await expectNothingDone();
    });

    it('for another mini-program is refused', async () => {
      const encrypted = encryptPush(JSON.stringify(await eventOf('target', cancellation)), {
        appid: cake.appid,
        ...pushSettings,
      });
      const body = JSON.stringify({ ToUserName: 'gh_1', Encrypt: encrypted });
      expectProblem(await postPush(node, body, { query: signedQuery(encrypted) }), 401, 'push_invalid');
      await expectNothingDone();
    });

    it('about another mini-program is acknowledged, and nothing is done', async () => {
      const event = await eventOf('target', cancellation, { AppID: cake.appid });
      expect(await sendPush(node, event)).toMatchObject({ status: 200, text: 'success' });
      await expectNothingDone();
    });

    it.each([-310, 310])('that is %i seconds off is refused', async (seconds) => {
      const event = await eventOf('target', cancellation);
      expectProblem(await sendPush(node, event, { seconds }), 401, 'push_invalid');
      await expectNothingDone();
    });

    it('with a padding of 33 is refused', async () => {
      const message = JSON.stringify(await eventOf('target', cancellation));
      const head = Buffer.alloc(20);
      const spaces = (16 - ((Buffer.byteLength(message) + tea.appid.length + 20 + 33) % 16)) % 16;
      const text = message + ' '.repeat(spaces);
      head.writeUInt32BE(Buffer.byteLength(text), 16);
      const key = Buffer.from(`${pushSettings.encodingAesKey}=`, 'base64');
      const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
      const content = Buffer.concat([head, Buffer.from(text + tea.appid), Buffer.alloc(33, 33)]);
      const encrypted = Buffer.concat([cipher.update(content), cipher.final()]).toString('base64');
      const body = JSON.stringify({ ToUserName: 'gh_1', Encrypt: encrypted });
      expectProblem(await postPush(node, body, { query: signedQuery(encrypted) }), 400, 'invalid_request');
      await expectNothingDone();
    });

    it('with an external entity is refused, and nothing is fetched', async () => {
      let asked = false;
      const trap = createServer((_, response) => {
        asked = true;
        response.end();
      }).listen(0, '127.0.0.1');
      await once(trap, 'listening');
      const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`;
      const text = `<!DOCTYPE x [<!ENTITY e SYSTEM "${url}">]><xml><OpenID>&e;</OpenID></xml>`;
      const outside = { query: signedQuery(), contentType: 'text/xml' };
      expectProblem(await postPush(node, text, outside), 400, 'invalid_request');
      expectProblem(await sendPush(node, text), 400, 'invalid_request');
      trap.close();
      expect(asked).toBe(false);
    });

    it('with a billion laughs is refused', async () => {
      const laughs = Array.from({ length: 10 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`);
      const text = `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs.join('')}]><xml><Event>&l10;</Event></xml>`;
      const outside = { query: signedQuery(), contentType: 'text/xml' };
      expectProblem(await postPush(node, text, outside), 400, 'invalid_request');
      expectProblem(await sendPush(node, text), 400, 'invalid_request');
    });

    it.each(['application/json', 'text/xml'])('of 2 MB in %s is refused', async (contentType) => {
      const body =
        contentType === 'text/xml' ? `<xml>${'x'.repeat(2e6)}</xml>` : `{"a":"${'x'.repeat(2e6)}"}`;
      const answer = await postPush(node, body, { query: signedQuery(), contentType });
      expectProblem(answer, 413, 'payload_too_large');
      expect((await node.get('/health/live')).status).toBe(200);
    });

    it.each([
      ['nothing', '', 'application/json'],
      ['no message', '[]', 'application/json'],
      ['broken JSON', '{"Encrypt":', 'application/json'],
      ['broken XML', '<xml><Encrypt>', 'text/xml'],
      ['no XML', 'hello', 'text/xml'],
    ])('with %s is malformed', async (_, body, contentType) => {
      const answer = await postPush(node, body, { query: signedQuery(), contentType });
      expectProblem(answer, 400, 'invalid_request');
    });

    it.each([{ CreateTime: 'now' }, { CreateTime: -1 }, { CreateTime: null }])(
      'with %j is malformed',
      async (change) => {
        const event = await eventOf('target', cancellation, change);
        expectProblem(await sendPush(node, event), 400, 'invalid_request');
        await expectNothingDone();
      },
    );

    it('as a form is refused', async () => {
      const contentType = 'application/x-www-form-urlencoded';
      const answer = await postPush(node, 'a=b', { query: signedQuery(), contentType });
      expectProblem(answer, 415, 'unsupported_media_type');
    });

    it('in XML is refused by all other routes', async () => {
      const headers = { 'content-type': 'text/xml', 'content-length': '11' };
      const answer = await node.post('/auth/login', '<xml></xml>', { headers });
      expectProblem(answer, 415, 'unsupported_media_type');
    });
  });

  describe('a message that comes', () => {
    it('three times, to two nodes and at once, is carried out once', async () => {
      const { login } = await createUserWithAllData(world, node, 'ida', '13800000007');
      const { id } = login.body.user;
      const event = await eventOf('ida', revocation, { RevokeInfo: '8' });
      const answers = await Promise.all([
        sendPush(node, event),
        sendPush(other, event),
        sendPush(node, event),
      ]);
      expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(Array(3).fill('200 success'));
      await expectDone();
      const actions = await world.auditedActions(id);
      expect(actions.filter((action) => action === 'user.authorization_revoked')).toHaveLength(1);
    });

    it('again after the user has come back, leaves them alone', async () => {
      await world.login(node, 'jan');
      const event = await eventOf('jan', cancellation);
      await sendPush(node, event);
      await expectDone();
      const back = await world.login(node, 'jan');
      expect(back.body.isNewUser).toBe(true);
      expect(await sendPush(other, event)).toMatchObject({ status: 200, text: 'success' });
      await expectDone();
      expect((await node.me(back.body.accessToken)).status).toBe(200);
    });

    it('again to a node with another newest key is not carried out again', async () => {
      const keys = `${Buffer.alloc(32, 7).toString('base64')},${world.encryptionKey}`;
      const rotated = await world.startNode({ WECHAT_APPS: wechatAppsWithPush, ENCRYPTION_KEYS: keys });
      await world.login(node, 'jana');
      const event = await eventOf('jana', cancellation);
      await sendPush(node, event);
      await expectDone();
      const back = await world.login(node, 'jana');
      expect(await sendPush(rotated, event)).toMatchObject({ status: 200 });
      await expectDone();
      expect((await node.me(back.body.accessToken)).status).toBe(200);
    });

    it('for an unknown app is refused', async () => {
      const event = await eventOf('ida', cancellation);
      for (const appid of ['wx00000000000000ff', alone.appid]) {
        expectProblem(await sendPush(node, event, { appid }), 400, 'unknown_app');
      }
    });

    it.each([{}, { OpenID: '' }, { OpenID: 'x y' }, { OpenID: { a: 1 } }])(
      'about somebody unknown is acknowledged (%j)',
      async (change) => {
        for (const event of [cancellation, revocation, modification]) {
          const message = await eventOf('stranger', event, change);
          expect(await sendPush(node, message)).toMatchObject({ status: 200, text: 'success' });
        }
        expect(await pending()).toEqual([]);
      },
    );

    it.each([{ MsgType: 'text', Content: 'hello', MsgId: 1 }, { Event: 'debug_demo' }, {}])(
      'and says nothing about a user is acknowledged (%j)',
      async (message) => {
        expect(await sendPush(node, message)).toMatchObject({ status: 200, text: 'success' });
      },
    );

    it('leaves no openid in the log and in the table, whatever becomes of it', async () => {
      const openid = await openidOf(world, 'ida');
      await sendPush(node, await eventOf('ida', modification, { CreateTime: 'now' }));
      await sendPush(node, await eventOf('ida', modification));
      await expectDone();
      const rows = await world.database.query('SELECT t::text FROM push_messages AS t');
      for (const text of [node.output, other.output, JSON.stringify(rows)]) {
        expect(text).not.toContain(openid);
      }
    });
  });

  describe('after a failure', () => {
    it('is carried out by another node, if this one is killed between answer and work', async () => {
      const { id } = (await world.login(node, 'karl')).body.user;
      const dying = await world.startNode({ WECHAT_APPS: wechatAppsWithPush });
      const letGo = await world.hold('SELECT FROM users WHERE id = $1 FOR UPDATE', [id]);
      expect(await sendPush(dying, await eventOf('karl', cancellation))).toMatchObject({ text: 'success' });
      await world.waitsForLock();
      await dying.stop('SIGKILL');
      await world.endOtherWaits();
      await letGo();
      expect(await pending()).toEqual([{ event: cancellation }]);
      expect(await identitiesOf(id)).toEqual([tea.appid]);
      // The half minute in which no other node takes the message.
      await world.database.query('UPDATE push_messages SET due_at = now()');
      // Its jobs begin soon after its start; those of the other node, once a minute.
      await world.startNode({ WECHAT_APPS: wechatAppsWithPush });
      await expect.poll(() => findUser(world, id), jobTimeout).toMatchObject({ erased_at: expect.any(Date) });
      await expectDone();
    });

    it('has nothing more to do for a user who was erased in the meantime', async () => {
      const { id } = (await world.login(node, 'kim')).body.user;
      const [identity] = await world.database.query('SELECT id FROM identities WHERE user_id = $1', [id]);
      await world.database.query(
        `INSERT INTO push_messages (message_hash, event, identity_id, due_at)
         VALUES ('\\x01', $1, $2, now() + interval '1 hour')`,
        [revocation, identity!['id']],
      );
      expect(await pending()).toHaveLength(1);
      await admin.callUsers('DELETE', id);
      expect(await pending()).toEqual([]);
    });

    it('of Postgres is told with 503, so that WeChat sends it again', async () => {
      const { hostname, port } = new URL(world.database.url);
      expect(['127.0.0.1', 'localhost']).toContain(hostname);
      const proxy = await TcpProxy.start(Number(port));
      const far = await world.startNode({
        WECHAT_APPS: wechatAppsWithPush,
        DATABASE_URL: proxy.through(world.database.url),
      });
      await configurePush(world, far.url);
      const { id } = (await world.login(node, 'lea')).body.user;
      const openPort = proxy.port;
      proxy.port = 1;
      proxy.cut();
      expectProblem(await sendPush(far, await eventOf('lea', cancellation)), 503, 'database_unavailable');
      const lost = await push('lea', cancellation);
      expect(lost).toMatchObject({ attempts: 3, status: 503 });
      proxy.port = openPort;
      await expect.poll(() => push('lea', cancellation)).toMatchObject({ status: 200, body: 'success' });
      await expect.poll(() => findUser(world, id)).toMatchObject({ erased_at: expect.any(Date) });
      await far.stop();
      await proxy.stop();
    });

    it('of Postgres that does not answer, too, before WeChat gives up', async () => {
      await world.login(node, 'leo');
      const event = await eventOf('leo', modification);
      const letGo = await world.hold('LOCK TABLE push_messages');
      const before = performance.now();
      expectProblem(await sendPush(node, event), 503, 'database_unavailable');
      expect(performance.now() - before).toBeGreaterThan(3_900);
      await letGo();
      await expect.poll(async () => (await sendPush(node, event)).text).toBe('success');
      await expectDone();
    });
  });
});
