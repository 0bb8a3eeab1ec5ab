import { describe, expect, it } from 'vitest';
import { phoneAddress, phoneSettings } from '../phone/addresses.js';

describe('the address of a phone', () => {
  const settings = {
    phone: '1',
    appid: 'wxe000000000000001',
    user: '小明 & co',
    serviceUrl: 'http://127.0.0.1:3000',
  };

  it('has what the phone needs', () => {
    const address = new URL(phoneAddress(settings), 'http://127.0.0.1:3000');
    expect(address.pathname).toBe('/playground/phone.html');
    expect(phoneSettings(address.search)).toEqual(settings);
  });

  it('must be complete', () => {
    expect(() => phoneSettings('?phone=1&appid=a&user=u')).toThrow('phone.html wants ?serviceUrl=');
  });
});
