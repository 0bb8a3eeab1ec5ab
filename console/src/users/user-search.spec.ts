import { describe, expect, it } from 'vitest';
import { defaultColumns, readFilter, toRequest, writeFilter, type UserFilter } from './user-search.js';

const usual: UserFilter = { sort: '-createdAt', columns: defaultColumns };

describe('the URL of a search for users', () => {
  it('holds every filter', () => {
    const filter: UserFilter = {
      status: 'disabled',
      appid: 'wxe000000000000001',
      phone: 'no',
      from: '2026-11-01',
      to: '2026-11-30',
      sort: '-lastLoginAt',
      columns: ['status', 'id'],
    };
    const url = writeFilter(filter).toString();
    expect(url).toBe(
      'status=disabled&app=wxe000000000000001&phone=no&from=2026-11-01&to=2026-11-30&sort=-lastLoginAt&columns=status%2Cid',
    );
    expect(readFilter(new URLSearchParams(url))).toEqual(filter);
  });

  it('is empty without a filter', () => {
    expect(writeFilter(usual).toString()).toBe('');
    expect(readFilter(new URLSearchParams())).toEqual(usual);
  });

  it('may have no columns', () => {
    expect(readFilter(new URLSearchParams('columns='))).toEqual({ ...usual, columns: [] });
  });

  it.each([
    'status=gone',
    'phone=perhaps',
    'from=2026-13-01',
    'to=yesterday',
    'sort=nickname',
    'app=',
    'q=%E5%BC%A0',
  ])('is read without what is wrong in it: %s', (url) =>
    expect(readFilter(new URLSearchParams(url))).toEqual(usual),
  );

  it('leaves unknown columns out', () => {
    expect(readFilter(new URLSearchParams('columns=openid,id,status')).columns).toEqual(['status', 'id']);
  });
});

describe('a search for users', () => {
  it('includes the whole last day, in the zone of the browser', () => {
    const { createdFrom, createdTo } = toRequest(
      { ...usual, from: '2026-11-29', to: '2026-11-30' },
      '',
      undefined,
    );
    expect(createdFrom).toBe(new Date(2026, 10, 29).toISOString());
    expect(createdTo).toBe(new Date(2026, 11, 1).toISOString());
  });

  it('has no text if nothing was entered', () => {
    expect(toRequest(usual, '', 'next')).toEqual({ sort: '-createdAt', cursor: 'next' });
    expect(toRequest(usual, '张', undefined)).toMatchObject({ q: '张' });
  });
});
