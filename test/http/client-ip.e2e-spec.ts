import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Call, ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

describe('the address of a client', () => {
  const world = useWorld();
  let proxied: ServiceNode;
  beforeAll(async () => {
    proxied = await world.startNode({ TRUST_PROXY: '127.0.0.0/8' });
  });

  const seenAs = async (where: ServiceNode, call: Call, base = where.url): Promise<string> => {
    const login = { code: await world.code('anna'), appid: tea.appid };
    const { accessToken } = (await where.post(`${base}/auth/login`, login, call)).body;
    const sessions = (await where.as(accessToken, 'GET', '/me/sessions')).body;
    return sessions.find(({ current }: { current: boolean }) => current).ip;
  };

  it.each([
    ['203.0.113.7:5678', '203.0.113.7'],
    ['"203.0.113.7"', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[2001:DB8:0:0::7]:443', '2001:db8::7'],
    ['"[2001:db8::7]:443"', '2001:db8::7'],
    ['198.51.100.1, 203.0.113.7:5678', '203.0.113.7'],
    ['203.0.113.7, 127.0.0.2:80', '203.0.113.7'],
    [' 203.0.113.7 ,, ', '203.0.113.7'],
    ['203.0.113.7, unknown', '127.0.0.1'],
  ])('that a proxy names as %s is shown as it is always written', async (header, address) => {
    expect(await seenAs(proxied, { headers: { 'x-forwarded-for': header } })).toBe(address);
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ family }) => family === 'IPv6'),
  );
  it.skipIf(!hasIPv6)(
    'that comes over IPv4 to a node that listens on IPv6 is IPv4, and is trusted as such',
    async () => {
      const both = await world.startNode({ HOST: '::', TRUST_PROXY: '127.0.0.1' });
      const base = `http://127.0.0.1:${new URL(both.url).port}`;
      expect(await seenAs(both, {}, base)).toBe('127.0.0.1');
      expect(await seenAs(both, { headers: { 'x-forwarded-for': '203.0.113.7' } }, base)).toBe('203.0.113.7');
    },
  );
});
