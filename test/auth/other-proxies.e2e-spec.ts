import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { guideBlock, loadModule } from '../harness/guide.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { spoofedHeaders } from '../harness/spoofed-headers.js';
import { hasProxy, Proxy } from '../harness/proxy.js';
import { tea, useWorld } from '../harness/world.js';

const guide = 'other-backends.md';

const spoofed = {
  ...spoofedHeaders,
  'X-User_Id': 'spoofed',
  'X-Session.Id': 'spoofed',
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('other proxies than nginx', () => {
  const world = useWorld();
  const started: Proxy[] = [];
  let backend: Server;
  let node: ServiceNode;
  let anna: Answer['body'];
  let admin: Answer['body'];

  beforeAll(async () => {
    node = await world.startIssuer();
    anna = (await world.login(node, 'anna')).body;
    admin = await world.createAdmin(node);
    backend = createServer(({ url, headers }, response) => {
      response.end(JSON.stringify({ url, headers }));
    }).listen(0, '127.0.0.1');
    await once(backend, 'listening');
  });
  afterAll(async () => {
    await Promise.all(started.map((each) => each.stop()));
    backend.close();
  });

  async function start(name: 'caddy' | 'haproxy', changes: Record<string, string>): Promise<Proxy> {
    const port = await findFreePort();
    const proxy = await Proxy.start(
      name,
      guideBlock(guide, name, ':8080', {
        '127.0.0.1:4000': `127.0.0.1:${(backend.address() as AddressInfo).port}`,
        ':8080': name === 'caddy' ? `http://127.0.0.1:${port}` : `127.0.0.1:${port}`,
        ...changes,
      }),
      port,
    );
    started.push(proxy);
    return proxy;
  }

  async function seenByBackend(proxy: Proxy, path: string, headers: Record<string, string>): Promise<any> {
    const answer = await fetch(proxy.url + path, { headers });
    expect(answer.status).toBe(200);
    return answer.json();
  }

  describe.skipIf(!hasProxy('caddy'))('Caddy, as in the guide,', () => {
    let caddy: Proxy;
    beforeAll(async () => {
      caddy = await start('caddy', { '127.0.0.1:3000': new URL(node.url).host });
    });

    it('hands a request on with whose it is, and with nothing that the visitor made up', async () => {
      const { headers } = await seenByBackend(caddy, '/orders', { ...spoofed, ...bearer(admin.accessToken) });
      expect(headers).toMatchObject({
        'x-user-id': admin.id,
        'x-app-id': tea.appid,
        'x-user-roles': 'admin',
      });
      expect(JSON.stringify(headers)).not.toContain('spoofed');
    });

    it('drops what the visitor made up if no token is asked for', async () => {
      const { headers } = await seenByBackend(caddy, '/public/menu', spoofed);
      expect(JSON.stringify(headers)).not.toContain('spoofed');
    });

    it(`gives a visitor the service's own words`, async () => {
      const answer = await fetch(`${caddy.url}/orders`, { headers: bearer('nonsense') });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      expect(await answer.json()).toMatchObject({ code: 'token_invalid' });
    });

    it('keeps the area of the admins to them', async () => {
      await seenByBackend(caddy, '/reports/sales', bearer(admin.accessToken));
      const refused = await fetch(`${caddy.url}/reports/sales`, { headers: bearer(anna.accessToken) });
      expect(refused.status).toBe(403);
    });
  });

  describe.skipIf(!hasProxy('haproxy'))('HAProxy, as in the guide,', () => {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-haproxy-keys-'));
    let haproxy: Proxy;
    beforeAll(async () => {
      const changes = { 'https://login.example.com': node.url, '/etc/haproxy': directory };
      await loadModule(guideBlock(guide, 'js', 'createPublicKey', changes));
      haproxy = await start('haproxy', changes);
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it('hands a request on with whose it is, and with nothing that the visitor made up', async () => {
      const { headers } = await seenByBackend(haproxy, '/orders', {
        ...spoofed,
        ...bearer(anna.accessToken),
      });
      expect(headers).toMatchObject({ 'x-user-id': anna.user.id, 'x-app-id': tea.appid });
      expect(JSON.stringify(headers)).not.toContain('spoofed');
    });

    it('drops what the visitor made up if no token is asked for', async () => {
      const { headers } = await seenByBackend(haproxy, '/public/menu', spoofed);
      expect(headers).not.toHaveProperty('x-user-id');
      expect(JSON.stringify(headers)).not.toContain('spoofed');
    });

    it.each([
      ['no token', () => ({})],
      ['nonsense', () => bearer('nonsense')],
      ['a token with another signature', () => bearer(swapSignature(anna.accessToken, admin.accessToken))],
    ])('refuses %s', async (_, headers) => {
      const answer = await fetch(`${haproxy.url}/orders`, { headers: headers() as Record<string, string> });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    });

    it.each([
      ['audience', { 'str weapp': 'str other' }],
      ['issuer', { 'https://login.example.com': 'https://login.example.org' }],
      ['type', { 'at+jwt': 'jwt' }],
      ['time', { 'int gt 0': 'int gt 900' }],
    ])('refuses a token of another %s', async (_, changes) => {
      const other = await start('haproxy', {
        '/etc/haproxy': directory,
        'https://login.example.com': node.url,
        ...changes,
      });
      const answer = await fetch(`${other.url}/orders`, { headers: bearer(anna.accessToken) });
      expect(answer.status).toBe(401);
    });
  });
});

function swapSignature(token: string, other: string): string {
  return [...token.split('.').slice(0, 2), other.split('.')[2]].join('.');
}
