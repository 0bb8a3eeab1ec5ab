import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, networkOf, trustedProxies } from '../validation/ip-address.js';
import { getClientIp } from './client-ip.js';

describe('an address', () => {
  it.each([
    ['203.0.113.1', '203.0.113.1'],
    [' 203.0.113.1 ', '203.0.113.1'],
    ['203.0.113.1:5678', '203.0.113.1'],
    ['"203.0.113.1"', '203.0.113.1'],
    ['"203.0.113.1:5678"', '203.0.113.1'],
    ['::ffff:203.0.113.1', '203.0.113.1'],
    ['::FFFF:203.0.113.1', '203.0.113.1'],
    ['::ffff:c633:6402', '198.51.100.2'],
    ['0:0:0:0:0:ffff:203.0.113.1', '203.0.113.1'],
    ['[::ffff:203.0.113.1]:5678', '203.0.113.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[::1]:80', '::1'],
  ])('%s is written %s', (text, address) => {
    expect(canonicalAddress(text)).toBe(address);
  });

  it.each([
    '',
    ' ',
    '""',
    'unknown',
    '_hidden',
    '203.0.113.7:',
    '203.0.113.7:123456',
    '203.0.113',
    '203.0.113.256',
    '010.0.0.1',
    '[203.0.113.1',
    '[]:80',
    '1:2:3:4:5:6:7:8:9::',
    '2001:db8::1]:80',
    'localhost',
    '"><script>',
  ])('is not %j', (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  });
});

describe('the client of a request', () => {
  it.each<[string, string[] | undefined, string]>([
    ['is its peer', undefined, '127.0.0.1'],
    ['is who a proxy names', ['127.0.0.1', '[2001:DB8::1]:443'], '2001:db8::1'],
    ['is the proxy, if that names nobody', ['127.0.0.1', 'unknown'], '127.0.0.1'],
    [
      'is the nearest of several proxies, if that names nobody',
      ['127.0.0.1', '10.0.0.2:80', 'unknown'],
      '10.0.0.2',
    ],
  ])('%s', (_, ips, address) => {
    expect(getClientIp({ ip: ips?.at(-1) ?? '::ffff:127.0.0.1', ips })).toBe(address);
    // Express leaves its peer out, and begins with the client.
    const socket = { remoteAddress: ips?.[0] ?? '::ffff:127.0.0.1' } as Socket;
    const others = ips?.slice(1).toReversed() ?? [];
    expect(getClientIp({ ip: others[0] ?? socket.remoteAddress, ips: others, socket })).toBe(address);
  });

  it('is unknown if it comes through a socket without addresses', () => {
    expect(getClientIp({ ip: undefined, ips: undefined })).toBe('unknown');
  });
});

describe('the network of an address', () => {
  it.each([
    ['203.0.113.1', '203.0.113.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the proxies that are trusted', () => {
  const isTrusted = trustedProxies([
    '10.0.0.0/8',
    '127.0.0.1',
    'fd00::/8',
    '2001:db8::1',
    '::ffff:192.0.2.0/120',
  ]);

  it.each([
    '10.1.2.3',
    '10.1.2.3:5678',
    '::ffff:10.1.2.3',
    '::ffff:127.0.0.1',
    'fd12::1',
    '[FD12::1]:80',
    '2001:DB8:0::1',
    '192.0.2.7',
  ])('include %s', (address) => {
    expect(isTrusted(address)).toBe(true);
  });

  it.each([undefined, '', 'unknown', '11.0.0.1', '127.0.0.2', 'fe80::1', '2001:db8::2', '192.0.3.7'])(
    'do not include %s',
    (address) => {
      expect(isTrusted(address)).toBe(false);
    },
  );

  it('include whoever comes over a Unix socket, if unix: says so, and no others then', () => {
    expect(trustedProxies(['unix:'])(undefined)).toBe(true);
    expect(trustedProxies(['unix:'])('127.0.0.1')).toBe(false);
    expect(trustedProxies(['unix:'])('unknown')).toBe(false);
    expect(trustedProxies(['0.0.0.0/0', '::/0'])(undefined)).toBe(false);
  });

  it('are none by default, and all for 0.0.0.0/0 and ::/0', () => {
    expect(trustedProxies([])('127.0.0.1')).toBe(false);
    expect(trustedProxies(['0.0.0.0/0'])('203.0.113.1')).toBe(true);
    expect(trustedProxies(['::/0'])('2001:db8::1')).toBe(true);
  });
});
