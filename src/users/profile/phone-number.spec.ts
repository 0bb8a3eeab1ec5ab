import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../crypto/key-ring.js';
import { DecryptionError } from '../../crypto/field-cipher.js';
import { PhoneCipher } from './phone-cipher.js';
import { toE164 } from './phone-number.js';

const oldKey = Buffer.alloc(32, 1).toString('base64');
const newKey = Buffer.alloc(32, 2).toString('base64');

describe('Phones', () => {
  const phones = new PhoneCipher(new KeyRing([newKey, oldKey]));

  it('opens what it sealed, for that user alone', () => {
    const { phoneSealed } = phones.encrypt('user', '+8613800138000');
    expect(phones.decrypt({ id: 'user', phoneSealed })).toBe('+8613800138000');
    expect(() => phones.decrypt({ id: 'other', phoneSealed })).toThrow(DecryptionError);
    expect(phones.decrypt({ id: 'user', phoneSealed: null })).toBeNull();
  });

  it('finds a number under every key of the ring', () => {
    const before = new PhoneCipher(new KeyRing([oldKey])).encrypt('user', '+8613800138000');
    const after = phones.encrypt('user', '+8613800138000');
    expect(phones.hashPhone('+8613800138000')).toEqual([after.phoneIndex, before.phoneIndex]);
  });
});

describe('toE164', () => {
  it.each([
    ['13800138000', '+8613800138000'],
    ['+86 138-0013-8000', '+8613800138000'],
    ['+1 415 555 2671', '+14155552671'],
    ['+852 5123 4567', '+85251234567'],
    ['＋852 5123 4567', '+85251234567'],
    ['\u202d+852\u00a05123\u00a04567\u202c', '+85251234567'],
    ['0085251234567', '+85251234567'],
    ['１３８００１３８０００', '+8613800138000'],
    ['8613800138000', '+8613800138000'],
    ['(86) 138-0013-8000', '+8613800138000'],
    ['010 6552 9988', '+861065529988'],
    ['8601065529988', '+861065529988'],
    ['4008001234', '+864008001234'],
    // China gives out new blocks: with its country code, a number need only be possible.
    ['+8612645678901', '+8612645678901'],
  ])('writes %s as %s', (text, phone) => {
    expect(toE164(text)).toBe(phone);
  });

  it.each([
    '',
    '12',
    'hello',
    '+999123',
    '138001380001380013800',
    'call me 13800138000 please',
    '1380013800a',
    'bad13800138000',
    '13800138000;ext=5',
    '13800138000 ext. 5',
    '13800138000,13900139000',
    '13800138000.0',
    '1.38E+10',
    "'13800138000",
    '12645678901',
    '138001380001',
    '2024/1/2',
    '65529988',
    '(+852) 51234567 or so',
    '+86',
  ])('knows no number in %j', (text) => {
    expect(toE164(text)).toBeUndefined();
  });

  it.each([
    ['Hong Kong', '85251234567'],
    ['Macao', '85366123456'],
    ['Taiwan', '886912345678'],
    ['the United States', '14155552671'],
    ['the Bahamas', '12423591234'],
    ['Italy', '393331234567'],
    ['Australia', '61412345678'],
    ['Ivory Coast', '2250712345678'],
    ['Kosovo', '38344123456'],
    ['Great Britain', '447400123456'],
    ['Malaysia', '60123456789'],
    ['Singapore', '6591234567'],
    ['Japan', '819012345678'],
    ['Germany', '4915112345678'],
    // Written so in China it would be a landline of Nanchang without its 0.
    ['Russia', '79161234567'],
  ])('takes no number of %s that has lost its plus for a Chinese one', (_, text) => {
    expect(toE164(text)).toBeUndefined();
    expect(toE164(`+${text}`)).toBe(`+${text}`);
  });
});
