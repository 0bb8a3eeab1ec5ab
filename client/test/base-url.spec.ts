import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BaseUrl } from '../src/base-url.js';

const base = new BaseUrl('https://login.example.com');

describe('a URL of the service', () => {
  it.each([
    ['/me', 'https://login.example.com/me'],
    ['me', 'https://login.example.com/me'],
    ['', 'https://login.example.com'],
    ['?page=2', 'https://login.example.com?page=2'],
    [
      '/search?q=茶&next=https://evil.example',
      'https://login.example.com/search?q=茶&next=https://evil.example',
    ],
    ['https://login.example.com/me', 'https://login.example.com/me'],
    ['https://login.example.com', 'https://login.example.com'],
    ['https://login.example.com:443/me#top', 'https://login.example.com/me#top'],
    ['HTTPS://LOGIN.Example.com/Me', 'https://login.example.com/Me'],
    ['https://login.example.com?page=2', 'https://login.example.com?page=2'],
    ['/notes//2', 'https://login.example.com/notes//2'],
    ['/a?b=//evil.example\\', 'https://login.example.com/a?b=//evil.example\\'],
  ])('is recognised: %s', (url, full) => {
    expect(base.resolve(url)).toBe(full);
  });

  it('is relative to the path of the base, or absolute with any path', () => {
    const under = new BaseUrl('http://192.168.1.5:3000/login/');
    expect(under.url).toBe('http://192.168.1.5:3000/login');
    expect(under.resolve('/me')).toBe('http://192.168.1.5:3000/login/me');
    expect(under.resolve('http://192.168.1.5:3000/other')).toBe('http://192.168.1.5:3000/other');
    expect(under.resolve('http://192.168.1.5/other')).toBeUndefined();
  });
});

describe('a URL that is not of the service', () => {
  it.each([
    ['another host', 'https://evil.example/me'],
    ['a host that begins like it', 'https://login.example.com.evil.example/me'],
    ['a host that ends like it', 'https://evil-login.example.com/me'],
    ['its parent domain', 'https://example.com/me'],
    ['a domain below it', 'https://a.login.example.com/me'],
    ['another scheme', 'http://login.example.com/me'],
    ['a socket', 'wss://login.example.com/me'],
    ['another port', 'https://login.example.com:8443/me'],
    ['a port that only begins like it', 'https://login.example.com:4433/me'],
    ['a port without a number', 'https://login.example.com:/me'],
    ['a port that is a password', 'https://login.example.com:443@evil.example/me'],
    ['a user named like it', 'https://login.example.com@evil.example/me'],
    ['a user before it', 'https://user@login.example.com/me'],
    ['a password before it', 'https://user:password@login.example.com/me'],
    ['a user by escapes', 'https://login.example.com%40evil.example/me'],
    ['a backslash for a slash', 'https://login.example.com\\@evil.example/me'],
    ['backslashes before it', 'https:\\\\evil.example/me'],
    ['a scheme of none', '//evil.example/me'],
    ['a scheme of none, to itself', '//login.example.com/me'],
    ['a scheme of none, by a backslash', '/\\evil.example/me'],
    ['one slash', 'https:/login.example.com/me'],
    ['no slash', 'https:login.example.com/me'],
    ['three slashes', 'https:///login.example.com/me'],
    ['a root dot', 'https://login.example.com./me'],
    ['an escaped host', 'https://login%2Eexample.com/me'],
    ['a full stop of another script', 'https://login。example.com/me'],
    ['a letter of another script', 'https://lоgin.example.com/me'],
    ['a blank before it', ' https://login.example.com/me'],
    ['a tab in it', 'ht\ttps://evil.example/me'],
    ['a line break in it', 'https://login.example.com\n.evil.example/me'],
    ['a NUL in it', 'https://login.example.com\0.evil.example/me'],
    ['a script', 'javascript:alert(1)'],
    ['a file', 'wxfile://tmp/picture'],
  ])('is %s', (_, url) => {
    expect(base.resolve(url)).toBeUndefined();
  });

  it('is a value that is not a string', () => {
    expect(base.resolve(undefined as never)).toBeUndefined();
    expect(base.resolve({ toString: () => '/me' } as never)).toBeUndefined();
  });
});

it('if it takes a URL for one of the service, so does the URL standard', () => {
  const piece = constantFrom(
    'https:',
    'http:',
    '//',
    '/',
    '\\',
    '@',
    ':',
    ':443',
    '.',
    '..',
    '?',
    '#',
    '%40',
    '\t',
    ' ',
    '。',
    'ſ',
    '茶',
    '[::1]',
    'login.example.com',
    'LOGIN.EXAMPLE.COM',
    'evil.example',
  );
  const origins = new Set<string>();
  assert(
    property(array(piece, { maxLength: 8 }), (pieces) => {
      const own = base.resolve(pieces.join(''));
      if (own !== undefined) origins.add(new URL(own).origin);
    }),
    { numRuns: 5000 },
  );
  expect([...origins]).toEqual(['https://login.example.com']);
});

it.each([
  'login.example.com',
  'ftp://login.example.com',
  'https://login.example.com?x=1',
  'https://login.example.com#x',
  'https://user@login.example.com',
  'https://登录.example.com',
  ' https://login.example.com',
  '',
  undefined,
])('is not a base URL: %s', (baseUrl) => {
  expect(() => new BaseUrl(baseUrl as string)).toThrow(TypeError);
});

it('an IPv6 address is a base', () => {
  expect(new BaseUrl('http://[::1]:3000').resolve('http://[::1]:3000/me')).toBe('http://[::1]:3000/me');
});

describe('a further origin', () => {
  const withApi = new BaseUrl('https://login.example.com/login', ['https://API.example.com:443']);

  it.each([
    ['https://api.example.com/me', 'https://api.example.com/me'],
    ['https://login.example.com/other', 'https://login.example.com/other'],
    ['/me', 'https://login.example.com/login/me'],
  ])('is recognised beside the base: %s', (url, full) => {
    expect(withApi.resolve(url)).toBe(full);
  });

  it.each([
    'http://api.example.com/me',
    'https://api.example.com:8443/me',
    'https://a.api.example.com/me',
    'https://api.example.com@evil.example/me',
    'https://api.example.com.evil.example/me',
  ])('is exact: %s', (url) => {
    expect(withApi.resolve(url)).toBeUndefined();
  });

  it.each([
    'api.example.com',
    '*',
    'https://*.example.com',
    'https://api.example.com/v1',
    'https://api.example.com/',
    '',
  ])('must be an origin: %j', (origin) => {
    expect(() => new BaseUrl('https://login.example.com', [origin])).toThrow(TypeError);
  });
});
