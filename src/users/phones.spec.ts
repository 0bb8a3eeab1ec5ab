import { describe, expect, it } from 'vitest';
import { KeyRing } from '../crypto/key-ring.js';
import { UnsealError } from '../crypto/sealed-box.js';
import { Phones, toE164 } from './phones.js';

const oldKey = Buffer.alloc(32, 1).toString('base64');
const newKey = Buffer.alloc(32, 2).toString('base64');

describe('Phones', () => {
  const phones = new Phones(new KeyRing([newKey, oldKey]));

  it('opens what it sealed, for that user alone', () => {
    const { phoneSealed } = phones.seal('user', '+8613800138000');
    expect(phones.open({ id: 'user', phoneSealed })).toBe('+8613800138000');
    expect(() => phones.open({ id: 'other', phoneSealed })).toThrow(UnsealError);
    expect(phones.open({ id: 'user', phoneSealed: null })).toBeNull();
  });

  it('finds a number under every key of the ring', () => {
    const before = new Phones(new KeyRing([oldKey])).seal('user', '+8613800138000');
    const after = phones.seal('user', '+8613800138000');
    expect(phones.indexes('+8613800138000')).toEqual([after.phoneIndex, before.phoneIndex]);
  });
});

describe('toE164', () => {
  it.each([
    ['13800138000', '+8613800138000'],
    ['+86 138-0013-8000', '+8613800138000'],
    ['+1 415 555 2671', '+14155552671'],
    ['+852 5123 4567', '+85251234567'],
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
  ])('knows no number in %j', (text) => {
    expect(toE164(text)).toBeUndefined();
  });
});
