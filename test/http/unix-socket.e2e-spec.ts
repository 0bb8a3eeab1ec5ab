import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { guideBlock } from '../harness/guide.js';
import { hasNginx, Nginx } from '../harness/nginx.js';
import { type Answer, ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

const hasSystemd = spawnSync('systemd-socket-activate', ['--version']).status === 0;

describe('a service that listens on a Unix socket', () => {
  const world = useWorld();
  let directory: string;
  let path: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'weapp-auth-socket-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  let number = 0;
  beforeEach(() => {
    number += 1;
    path = join(directory, `${number}.sock`);
  });

  const bad = (node: ServiceNode, headers = {}): Promise<Answer> =>
    node.login({ code: 'unheard-of', appid: tea.appid }, { headers });

  it('answers there, and nowhere else, to its own user and group', async () => {
    const port = await findFreePort();
    const node = await world.startNode({ HOST: `unix:${path}`, PORT: String(port) });
    expect(node.url).toBe(path);
    expect((await world.login(node, 'anna')).status).toBe(200);
    await expect.poll(() => lstatSync(path).mode & 0o777).toBe(0o660);
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow('fetch failed');
  });

  it('removes the file at its end', async () => {
    const node = await world.startNode({ HOST: `unix:${path}` });
    await expect.poll(() => lstatSync(path).mode & 0o777).toBe(0o660);
    expect((await node.get('/health/live')).status).toBe(200);
    expect(await node.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of a process that was killed', async () => {
    const first = await world.startNode({ HOST: `unix:${path}` });
    await first.stop('SIGKILL');
    expect(existsSync(path)).toBe(true);
    const second = await world.startNode({ HOST: `unix:${path}` });
    expect((await second.get('/health/live')).status).toBe(200);
  });

  async function refusal(environment: Record<string, string>): Promise<string> {
    const node = world.launchNode(environment);
    expect(await node.exit()).toBe(1);
    return node.output;
  }

  it('leaves the socket of a process that is alive alone, and says so', async () => {
    const first = await world.startNode({ HOST: `unix:${path}` });
    expect(await refusal({ HOST: `unix:${path}` })).toContain(
      `The service did not start. Another process listens on ${path}. Stop it, or name another file in HOST.`,
    );
    expect((await first.get('/health/live')).status).toBe(200);
  });

  it('leaves a file alone that is no socket, and says so', async () => {
    writeFileSync(path, 'precious');
    expect(await refusal({ HOST: `unix:${path}` })).toContain(`${path} is not a socket.`);
    expect(existsSync(path)).toBe(true);
  });

  it('says so if the directory is missing', async () => {
    const missing = join(directory, 'none/weapp-auth.sock');
    expect(await refusal({ HOST: `unix:${missing}` })).toContain(
      `The service cannot listen on ${missing} (EACCES). Its directory must exist`,
    );
  });

  describe('takes the address of a client', () => {
    it('from X-Forwarded-For if TRUST_PROXY says unix:', async () => {
      const node = await world.startNode({
        HOST: `unix:${path}`,
        TRUST_PROXY: 'unix:',
        RATE_LIMIT_LOGIN: '1',
      });
      const from = (ip: string) => bad(node, { 'x-forwarded-for': ip });
      expect((await from('203.0.113.1')).status).toBe(401);
      expect((await from('203.0.113.1')).status).toBe(429);
      expect((await from('203.0.113.2')).status).toBe(401);
      expect(node.output).not.toContain('share one address');
    });

    it.each([
      [
        'from nobody, and warns once, without TRUST_PROXY',
        {},
        'the Unix socket, which TRUST_PROXY does not list',
      ],
      [
        'from nobody if TRUST_PROXY lists only addresses, and warns once',
        { TRUST_PROXY: '127.0.0.1,0.0.0.0/0,::/0' },
        'the Unix socket, which TRUST_PROXY does not list',
      ],
    ])('%s', async (_, settings, warning) => {
      const node = await world.startNode({ HOST: `unix:${path}`, RATE_LIMIT_LOGIN: '1', ...settings });
      expect((await bad(node, { 'x-forwarded-for': '203.0.113.1' })).status).toBe(401);
      expect((await bad(node, { 'x-forwarded-for': '203.0.113.2' })).status).toBe(429);
      await expect.poll(() => node.output).toContain(warning);
      expect(node.output.match(/share one address/g)).toHaveLength(1);
    });

    it('from nobody if the proxy does not send the header, and warns once', async () => {
      const node = await world.startNode({
        HOST: `unix:${path}`,
        TRUST_PROXY: 'unix:',
        RATE_LIMIT_LOGIN: '1',
      });
      // A probe has no client.
      await node.get('/health/live');
      expect((await bad(node)).status).toBe(401);
      expect((await bad(node)).status).toBe(429);
      await expect.poll(() => node.output).toContain('came over the Unix socket without X-Forwarded-For');
      expect(node.output.match(/share one address/g)).toHaveLength(1);
      expect(node.output.indexOf('/health/live')).toBeLessThan(node.output.indexOf('share one address'));
    });
  });

  it.skipIf(!hasNginx)('stands behind nginx, as in the guide', async () => {
    const node = await world.startNode({ HOST: `unix:${path}`, TRUST_PROXY: 'unix:' });
    const port = await findFreePort();
    const upstream = guideBlock('systemd.md', 'nginx', 'unix:', {
      '/run/weapp-auth/weapp-auth.sock': node.url,
    });
    const server = `server {
      listen 127.0.0.1:${port};
      location / { proxy_pass http://weapp_auth; proxy_set_header X-Forwarded-For $remote_addr; }
    }`;
    const nginx = await Nginx.start(upstream + server, port);
    try {
      const code = await world.code('nora');
      const answer = await fetch(`${nginx.url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code, appid: tea.appid }),
      });
      const { accessToken } = (await answer.json()) as any;
      expect((await node.as(accessToken, 'GET', '/me/sessions')).body).toMatchObject([{ ip: '127.0.0.1' }]);
    } finally {
      await nginx.stop();
    }
  });
});

describe('a service that systemd gives its socket', () => {
  const world = useWorld();

  async function listening(): Promise<Server> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  it('listens on that, and not at HOST and PORT', async () => {
    const socket = await listening();
    const port = await findFreePort();
    const node = ServiceNode.launchWithSocket(world.environment({ PORT: String(port) }), socket);
    world.nodes.push(node);
    await node.listening();
    expect((await world.login(node, 'anna')).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow('fetch failed');
    expect(await node.stop()).toBe(0);
  });

  it('refuses several, in the one message about its settings', async () => {
    const node = ServiceNode.launchWithSocket(
      world.environment({ LISTEN_FDS: '2', RATE_LIMIT_LOGIN: '-1' }),
      await listening(),
    );
    expect(await node.exit()).toBe(1);
    expect(node.output).toContain('- LISTEN_FDS is 2');
    expect(node.output).toContain('- RATE_LIMIT_LOGIN must be');
  });

  it('refuses what is not a socket', async () => {
    const node = ServiceNode.launchWithSocket(world.environment());
    expect(await node.exit()).toBe(1);
    expect(node.output).toContain(
      'The service did not start. File descriptor 3 is not a socket that listens.',
    );
  });

  it('does not care for sockets of another process', async () => {
    const node = await world.startNode({ LISTEN_FDS: '1', LISTEN_PID: '1' });
    expect((await node.get('/health/live')).status).toBe(200);
  });

  it.skipIf(!hasSystemd)('answers the request that started it, on a Unix socket that stays', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-systemd-'));
    const path = join(directory, 'weapp-auth.sock');
    const node = ServiceNode.launchBySystemd(world.environment({ TRUST_PROXY: 'unix:' }), path);
    world.nodes.push(node);
    await expect.poll(() => existsSync(path)).toBe(true);
    node.url = path;
    expect((await node.get('/health/live')).status).toBe(200);
    expect((await world.login(node, 'anna')).status).toBe(200);
    await node.stop();
    expect(existsSync(path)).toBe(true);
    rmSync(directory, { recursive: true });
  });
});
