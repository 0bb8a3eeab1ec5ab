import { decodeProtectedHeader } from 'jose';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuth, type User, type Wechat } from '../../client/src/index.js';
import { findFreePort } from '../../dev/ports.js';
import { guideBlock, loadModule } from '../harness/guide.js';
import { hasNginx, Nginx } from '../harness/nginx.js';
import { served } from '../harness/http-server.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { readSessionId } from '../harness/sessions.js';
import { tea, useWorld } from '../harness/world.js';

const guide = 'other-backends.md';

describe('JWKS: verifying tokens in other backends', () => {
  const world = useWorld();
  let node: ServiceNode;
  let anna: Answer['body'];

  beforeAll(async () => {
    node = await world.startIssuer({ JWKS_MAX_AGE: '77' });
    anna = (await world.login(node, 'anna')).body;
  });

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  describe('the documents', () => {
    it('publish the public half of the key that signed the token, and nothing more of it', async () => {
      const { status, headers, body } = await node.get('/.well-known/jwks.json');
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'public, max-age=77',
      });
      const coordinate = expect.stringMatching(/^[\w-]{43}$/);
      const { kid } = decodeProtectedHeader(anna.accessToken);
      expect(body).toEqual({
        keys: [{ kty: 'EC', crv: 'P-256', x: coordinate, y: coordinate, kid, use: 'sig', alg: 'ES256' }],
      });
    });

    it.each([
      ['RFC 8414', 'oauth-authorization-server'],
      ['OpenID Connect', 'openid-configuration'],
    ])('lead from the issuer to the keys if one looks where %s says', async (_, name) => {
      const { status, headers, body } = await node.get(`/.well-known/${name}`);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'public, max-age=77',
      });
      expect(body).toEqual({
        issuer: node.url,
        jwks_uri: `${node.url}/.well-known/jwks.json`,
        response_types_supported: [],
        grant_types_supported: [],
      });
    });
  });

  describe.skipIf(!hasNginx)('if the issuer has a path, behind nginx as in the guide,', () => {
    let issuer: string;
    let nginx: Nginx;

    beforeAll(async () => {
      const port = await findFreePort();
      issuer = `http://127.0.0.1:${port}/login`;
      const service = await world.startNode({ JWT_ISSUER: issuer });
      const locations = guideBlock(guide, 'nginx', '/.well-known/oauth-authorization-server/login', {
        '127.0.0.1:3000': new URL(service.url).host,
      });
      nginx = await Nginx.start(`server { listen 127.0.0.1:${port}; ${locations} }`, port);
    });
    afterAll(() => nginx.stop());

    it.each(['/login/.well-known/openid-configuration', '/.well-known/oauth-authorization-server/login'])(
      'are found at %s',
      async (path) => {
        const metadata: any = await (await fetch(nginx.url + path)).json();
        expect(metadata.issuer).toBe(issuer);
        expect(metadata.jwks_uri).toBe(`${issuer}/.well-known/jwks.json`);
        const keySet: any = await (await fetch(metadata.jwks_uri)).json();
        expect(keySet.keys).toHaveLength(1);
      },
    );

    it('the client logs in below it, and avatars are there', async () => {
      const auth = createAuth({ baseUrl: issuer, appid: tea.appid, wx: phoneOf('bert') });
      const { statusCode, data } = await auth.request<User>({ url: '/me' });
      expect({ statusCode, avatarUrl: data.avatarUrl }).toEqual({ statusCode: 200, avatarUrl: null });

      const form = new FormData();
      const picture = { width: 9, height: 9, channels: 3, background: 'red' } as const;
      form.append('file', new Blob([await sharp({ create: picture }).png().toBuffer()]), 'a.png');
      const headers = bearer((await auth.token())!);
      const uploaded = await fetch(`${issuer}/me/avatar`, { method: 'POST', headers, body: form });
      const { avatarUrl } = (await uploaded.json()) as User;
      expect(avatarUrl).toMatch(`${issuer}/avatars/`);
      expect((await fetch(avatarUrl!)).headers.get('content-type')).toBe('image/webp');
    });

    /** As much of `wx` as a login and a request need. */
    function phoneOf(user: string): Wechat {
      const unused = () => expect.unreachable();
      return {
        login: ({ success }) => void world.code(user).then((code) => success!({ code })),
        request: ({ url, method = 'GET', header, data, success }) => {
          const body = data === undefined ? {} : { body: JSON.stringify(data) };
          const headers = { 'content-type': 'application/json', ...header };
          void fetch(url, { method, headers, ...body }).then(async (response) =>
            success!({
              statusCode: response.status,
              data: await response.json(),
              header: Object.fromEntries(response.headers),
            }),
          );
        },
        uploadFile: unused,
        getStorage: ({ fail }) => fail!({ errMsg: 'getStorage:fail data not found' }),
        setStorage: ({ success }) => success!({ errMsg: 'setStorage:ok' }),
      };
    }
  });

  describe('with jose, as in the guide,', () => {
    const load = (changes: Record<string, string> = {}) =>
      loadModule(
        guideBlock(guide, 'js', `from 'jose'`, { 'https://login.example.com': node.url, ...changes }),
      );

    it('tells whose a token is', async () => {
      const { ownerOf } = await load();
      expect(await ownerOf(anna.accessToken)).toEqual({
        id: anna.user.id,
        sessionId: readSessionId(anna.accessToken),
        appid: tea.appid,
        roles: [],
      });
    });

    it.each([
      ['audience', { "audience: 'weapp'": "audience: 'other'" }],
      ['type', { 'at+jwt': 'jwt' }],
      ['algorithm', { ES256: 'RS256' }],
      ['issuer', { '    issuer,': "    issuer: 'https://login.example.org'," }],
    ])('refuses a token of another %s', async (_, changes) => {
      const { ownerOf } = await load(changes);
      await expect(ownerOf(anna.accessToken)).rejects.toThrow(/^(unexpected|"alg")/);
    });
  });

  describe('with express-oauth2-jwt-bearer in strict mode, as in the guide,', () => {
    async function orders(token: string, changes: Record<string, string> = {}): Promise<Response> {
      const { app } = await loadModule(
        guideBlock(guide, 'js', `from 'express'`, { 'https://login.example.com': node.url, ...changes }),
      );
      return served(app.listen(0, '127.0.0.1'), (url) => fetch(`${url}/orders`, { headers: bearer(token) }));
    }

    it('lets the owner of a token in', async () => {
      const answer = await orders(anna.accessToken);
      expect(await answer.json()).toEqual({ userId: anna.user.id });
    });

    it('refuses a token of another audience', async () => {
      const answer = await orders(anna.accessToken, { "'weapp'": "'other'" });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain(`Unexpected 'aud' value`);
      expect(await answer.json()).toEqual({ code: 'invalid_token' });
    });
  });
});
