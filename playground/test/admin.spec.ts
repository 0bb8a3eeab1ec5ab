import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlaygroundAdmin } from '../server/admin.js';

describe('the admin of the playground', () => {
  let server: Server;
  let admin: PlaygroundAdmin;
  /** The requests to the service, with their tokens. */
  let asked: string[];
  let logins: number;
  let granted: string[];
  /** Logins before this time are too old for changes. */
  let oldestFresh: number;
  let isAway: boolean;
  beforeEach(async () => {
    [asked, logins, granted, oldestFresh, isAway] = [[], 0, [], 1, false];
    server = createServer((request, response) => {
      const say = (status: number, body: object = {}) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const { method = '', url = '', headers } = request;
      const bearer = headers.authorization?.replace('Bearer ', '') ?? '';
      asked.push(`${method} ${url} ${bearer}`.trim());
      request.resume();
      request.on('end', () => {
        if (isAway) return say(503);
        if (url === '/auth/login') {
          logins += 1;
          return say(200, { accessToken: '', refreshToken: `refresh-${logins}`, user: { id: 'admin' } });
        }
        if (url === '/auth/refresh') return say(200, { accessToken: `access-${logins}` });
        if (Number(bearer.replace('access-', '')) < oldestFresh) {
          return say(401, { code: 'fresh_login_required', maxAge: 900 });
        }
        return say(url === '/admin/forbidden' ? 403 : 204);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    admin = new PlaygroundAdmin(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      () => ({ appid: 'wx1', code: 'code' }),
      async (userId) => void granted.push(userId),
    );
  });
  afterEach(() => server.close());

  const kick = () => admin.call('DELETE', '/admin/users/anna/sessions');
  const kicks = () => asked.filter((line) => line.startsWith('DELETE'));

  it('logs in once, and takes the role before the first call', async () => {
    await admin.signIn();
    await kick();
    await kick();
    expect(granted).toEqual(['admin']);
    expect(admin.userId).toBe('admin');
    expect(asked).toEqual([
      'POST /auth/login',
      'POST /auth/refresh',
      'DELETE /admin/users/anna/sessions access-1',
      'DELETE /admin/users/anna/sessions access-1',
    ]);
  });

  it('logs in again if the login is too old for a change, and repeats the call', async () => {
    for (const round of [1, 2, 3]) {
      oldestFresh = round;
      await kick();
      expect(logins).toBe(round);
    }
    expect(kicks().map((line) => line.split(' ').at(-1))).toEqual([
      'access-1',
      'access-1',
      'access-2',
      'access-2',
      'access-3',
    ]);
  });

  it('logs in once for calls that are refused together', async () => {
    await admin.signIn();
    oldestFresh = 2;
    await Promise.all([kick(), kick(), kick()]);
    expect(logins).toBe(2);
    expect(kicks()).toHaveLength(6);
  });

  it('says what the service does not do, and does not try for ever', async () => {
    await expect(admin.call('POST', '/admin/forbidden')).rejects.toThrow('403 to POST /admin/forbidden');
    oldestFresh = 100;
    await expect(kick()).rejects.toThrow('401 to DELETE');
    expect(kicks()).toHaveLength(2);
  });

  it('can sign in later if the service was down at first', async () => {
    isAway = true;
    await expect(admin.signIn()).rejects.toThrow('503 to POST /auth/login');
    isAway = false;
    await kick();
    expect(logins).toBe(1);
  });
});
