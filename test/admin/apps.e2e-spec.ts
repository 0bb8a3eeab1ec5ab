import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { reports, scanSettings, shop } from '../harness/scans.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('GET /admin/apps', () => {
  const world = useWorld();
  let node: ServiceNode;
  let token: string;

  beforeAll(async () => {
    node = await world.startNode({ ...scanSettings, CONSOLE: 'true' });
    ({ accessToken: token } = await world.createAdmin(node));
  });

  it('lists the mini-programs and the web clients, the console among them, without secrets', async () => {
    const { status, headers, text, body } = await node.as(token, 'GET', '/admin/apps');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body.apps).toEqual([
      { appid: tea.appid, name: 'Tea', type: 'miniprogram' },
      { appid: cake.appid, name: 'Cake', type: 'miniprogram' },
      { appid: alone.appid, name: null, type: 'miniprogram' },
    ]);
    expect(body.webClients).toEqual([
      shop,
      { id: reports.id, name: reports.name, origins: [] },
      { id: 'blog', name: 'Blog', origins: ['https://blog.example.com'] },
      { id: 'console', name: 'weapp-auth console', origins: ['https://login.example.com'] },
    ]);
    expect(text).not.toContain(reports.secret);
  });

  it('is for admins alone', async () => {
    const { body } = await world.login(node, 'somebody');
    expect((await node.as(body.accessToken, 'GET', '/admin/apps')).body.code).toBe('forbidden');
    expect((await node.get('/admin/apps')).body.code).toBe('token_missing');
  });
});
