import { describe, expect, it } from 'vitest';
import { databaseUrlFault } from './database-url.js';

describe('DATABASE_URL', () => {
  it.each([
    'postgres://weapp:pass-word@db:5432/weapp',
    'postgresql://weapp:pass-word@db.example.com/weapp',
    'postgres://weapp@127.0.0.1:5432/weapp',
    'postgres://127.0.0.1/weapp',
    'postgres://[::1]:5432/weapp',
    'postgres://weapp:a:b@[::1]/weapp',
    `postgres://weapp:${encodeURIComponent(`p@ss:w/o?r#d %x"'`)}@db/weapp`,
    'postgres://weapp:密码@db/weapp',
    'postgres:///weapp?host=/var/run/postgresql',
    'postgres:///weapp?host=/var/run/postgresql&user=weapp&port=5433',
    'postgres://%2Fvar%2Frun%2Fpostgresql/weapp',
    'postgres://weapp:x@db/weapp?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    'postgres://weapp:x@db/weapp?uselibpqcompat=true&sslmode=require',
    'postgres://weapp:x@db/weapp?options=-c%20search_path%3Dapp&application_name=login',
  ])('takes %s', (url) => {
    expect(databaseUrlFault(url)).toBeUndefined();
  });

  describe.each(['@', '#', '?', '/', '%', '%zz', '%E4', ' ', '\t', '12/34', '1?x=', 'a@b#c', '@1,2'])(
    'with a raw %j in the password',
    (part) => {
      it.each(['winter', 'x1', ''])('before %j is refused with the remedy, and quotes nothing', (end) => {
        const password = `Snow${part}${end}x`;
        for (const url of [
          `postgres://weapp:${password}@db.example.com:5432/weapp`,
          `postgres://weapp:${password}@db.example.com/weapp?sslmode=require`,
          `postgres://weapp:1${part}${end}@db/weapp`,
        ]) {
          const fault = databaseUrlFault(url);
          expect(fault, url).toContain('percent-encode');
          expect(fault).not.toMatch(/Snow|winter|x1/);
        }
      });
    },
  );

  it.each([
    ['no host, so that the password is taken for a port', 'postgres://weapp:winter', 'percent-encode'],
    ['an empty host beside a user', 'postgres://weapp:winter@/weapp', 'HOST'],
    ['two hosts', 'postgres://weapp:winter@one:5432,two:5432/weapp', 'several hosts'],
    ['two hosts without ports', 'postgres://weapp:winter@one,two/weapp', 'several hosts'],
    ['two hosts in the query', 'postgres:///weapp?host=one,two', 'several hosts'],
    ['two hosts in two parameters', 'postgres:///weapp?host=one&host=two', 'several hosts'],
    ['a parameter of another tool', 'postgres://weapp:winter@db/weapp?schema=app', 'DATABASE_SCHEMA'],
    [
      'a parameter that nobody knows',
      'postgres://weapp:winter@db/weapp?channel_binding=require',
      'channel_binding',
    ],
    ['an sslmode that nobody knows', 'postgres://weapp:winter@db/weapp?sslmode=on', 'verify-full'],
    [
      'a CA to verify, and none named',
      'postgres://weapp:winter@db/weapp?uselibpqcompat=true&sslmode=verify-ca',
      'sslrootcert',
    ],
    ['another scheme', 'mysql://weapp:winter@db/weapp', 'postgres://'],
    ['nothing', undefined, 'is required'],
  ])('with %s is refused in words', (_, url, words) => {
    const fault = databaseUrlFault(url);
    expect(fault).toContain(words);
    expect(fault).not.toContain('winter');
  });
});
