import { describe, expect, it } from 'vitest';
import { findToken } from '../page/access-token.js';
import { gistOf, masked } from '../page/mask.js';

const code = '07y7v9G3ycpPcvVaLktmLqtRFBC304Mn';
const token = `eyJhbGciOiJFUzI1NiJ9.${btoa('{"sub":"me","iat":1000,"exp":1900}').replace(/=/g, '')}.c2ln`;

describe('what is shown of what was carried', () => {
  it.each([
    [{ code }, { code: '07y7…' }],
    [{ phoneCode: 'abcd1234' }, { phoneCode: 'abcd…' }],
    [{ accessToken: token }, { accessToken: 'eyJh…' }],
    [{ header: { Authorization: `Bearer ${token}` } }, { header: { Authorization: 'eyJh…' } }],
    [
      { encryptedData: 'AAAABBBB', iv: 'CCCCDDDD' },
      { encryptedData: 'AAAA…', iv: 'CCCC…' },
    ],
    [{ user: { phone: '+8613800001234' } }, { user: { phone: '+861******1234' } }],
    [{ phoneNumber: '13800001234' }, { phoneNumber: '138****1234' }],
    [{ session_key: '***' }, { session_key: '***' }],
    [{ openid: 'o5wR…' }, { openid: 'o5wR…' }],
  ])('of %j is %j', (carried, shown) => {
    expect(masked(carried)).toEqual(shown);
  });

  it('hides what looks like a secret under any name, and shows ids', () => {
    const id = '01a1fe3a-d9f7-703d-9615-a7850ecc6f5e';

    expect(masked({ whatever: code, list: [token], id, number: '+8613800001234' })).toEqual({
      whatever: '07y7…',
      list: ['eyJh…'],
      id,
      number: expect.stringContaining('**'),
    });
  });

  it('leaves the code of a problem alone', () => {
    expect(masked({ status: 401, code: 'session_revoked' })).toEqual({
      status: 401,
      code: 'session_revoked',
    });
  });
});

describe('the gist of it', () => {
  it.each([
    [{ code, appid: 'wxe000000000000001' }, 'code 07y7…, appid'],
    [{ status: 401, code: 'session_revoked', reason: 'kicked', title: '…' }, 'session_revoked · kicked'],
    [{ errcode: -1, errmsg: 'system error' }, 'errcode -1, errmsg system error'],
    [{ errMsg: 'login:ok' }, 'login:ok'],
    [null, ''],
    [{ nickname: null }, ''],
  ])('of %j is %s', (carried, gist) => {
    expect(gistOf(carried)).toBe(gist);
  });
});

describe('the token that a phone keeps', () => {
  it('is found wherever it stands', () => {
    const found = { claims: { sub: 'me' }, issuedAt: 1000, expiresAt: 1900 };

    expect(findToken({ auth: { accessToken: token } })).toMatchObject(found);
    expect(findToken({ auth: JSON.stringify({ tokens: { accessToken: token } }) })).toMatchObject(found);
  });

  it.each([{}, { auth: 'text' }, { auth: null, other: 5 }, { auth: 'eyJ.eyJ.x' }, { auth: '{"broken' }])(
    'is none in %j',
    (stored) => {
      expect(findToken(stored)).toBeUndefined();
    },
  );
});
