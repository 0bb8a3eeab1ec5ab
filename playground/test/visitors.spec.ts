import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { withoutPhone } from '../server/build.js';
import { addPageAlone } from '../server/playground.js';
import { usePlayground } from './harness.js';

const playground = usePlayground();

const opensPage = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

async function statusOf(
  url: string,
  headers: Record<string, string> = {},
  remoteAddress = '127.0.0.1',
): Promise<number> {
  const request = { url, remoteAddress, headers: { host: playground.host, ...headers } };
  return (await playground.server.inject(request)).statusCode;
}

describe('who is let in', () => {
  it('lets in this machine at each name of its own', async () => {
    const { port } = playground;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      expect(await statusOf('/', { host })).toBe(200);
    }
    expect(await statusOf('/', {}, '::1')).toBe(200);
    expect(await statusOf('/', {}, '::ffff:127.0.0.1')).toBe(200);
  });

  it.each(['10.0.0.5', '::ffff:10.0.0.5', 'fe80::1', '192.168.127.1'])(
    'keeps out a visitor from %j',
    async (address) => {
      expect(await statusOf('/', {}, address)).toBe(403);
      expect(await statusOf('/playground/setup', {}, address)).toBe(403);
    },
  );

  it.each([
    'evil.example',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost.evil.example',
    '127.0.0.1:80@evil.example',
  ])('keeps out whoever comes by the name %s', async (host) => {
    expect(await statusOf('/', { host })).toBe(403);
    expect(await statusOf('/playground/setup', { host })).toBe(403);
  });

  it('keeps out what a proxy brings from elsewhere', async () => {
    expect(await statusOf('/', { 'x-forwarded-for': '10.0.0.5' })).toBe(403);
    expect(await statusOf('/', { forwarded: 'for=10.0.0.5' })).toBe(403);
  });

  it('lets its own page in', async () => {
    const headers = { origin: `http://${playground.host}`, 'sec-fetch-site': 'same-origin' };

    expect(await statusOf('/playground/setup', headers)).toBe(200);
  });

  it.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:3001' },
    { 'sec-fetch-site': 'cross-site' },
    // Another port of this machine is the same site, but another origin.
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
  ])('keeps out other pages: %j', async (headers) => {
    expect(await statusOf('/playground/setup', headers)).toBe(403);
    expect(await statusOf('/playground/events', headers)).toBe(403);
    expect(await statusOf('/playground/service/me', headers)).toBe(403);
    expect(playground.received).toEqual([]);
  });

  it('lets anybody on this machine follow a link to the page, and no page frame it', async () => {
    expect(await statusOf('/', { ...opensPage, 'sec-fetch-site': 'cross-site' })).toBe(200);
    expect(await statusOf('/?a=b', { ...opensPage, 'sec-fetch-site': 'none' })).toBe(200);
    expect(
      await statusOf('/', { ...opensPage, 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }),
    ).toBe(403);
    expect(await statusOf('/', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await statusOf('/playground/setup', { ...opensPage, 'sec-fetch-site': 'cross-site' })).toBe(403);
  });
});

it('serves its page and its files with a policy that runs nothing but its own', async () => {
  for (const url of ['/', '/playground/page.js']) {
    const { headers } = await playground.server.inject({ url, headers: { host: playground.host } });
    const policy = String(headers['content-security-policy']);

    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).not.toContain('unsafe');
  }
});

it('explains why there is no phone, and only to this machine', async () => {
  const server = fastify();
  addPageAlone(server, withoutPhone('Because of <that>.').page, playground.port);
  const request = { url: '/', headers: { host: playground.host } };

  expect((await server.inject(request)).body).toContain('Because of &lt;that>.');
  expect((await server.inject({ ...request, remoteAddress: '10.0.0.5' })).statusCode).toBe(403);
  expect((await server.inject({ ...request, url: '/playground/setup' })).statusCode).toBe(404);
});

it('has nothing else', async () => {
  for (const url of ['/playground/', '/playground/page', '/playground/../package.json', '/page.js']) {
    expect(await statusOf(url)).toBe(404);
  }
});
