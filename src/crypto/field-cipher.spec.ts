import { describe, expect, it } from 'vitest';
import { KeyRing } from './key-ring.js';
import { FieldCipher, DecryptionError } from './field-cipher.js';

const oldKey = Buffer.alloc(32, 1).toString('base64');
const newKey = Buffer.alloc(32, 2).toString('base64');

function boxOf(...keys: string[]): FieldCipher {
  return new FieldCipher(new KeyRing(keys), 'session-key');
}

describe('FieldCipher', () => {
  it('opens what it sealed', () => {
    const box = boxOf(oldKey);
    expect(box.decrypt(box.encrypt('密钥 key', 'wx1|o1'), 'wx1|o1')).toBe('密钥 key');
  });

  it('seals the same text differently each time', () => {
    const box = boxOf(oldKey);
    expect(box.encrypt('key', 'a')).not.toBe(box.encrypt('key', 'a'));
  });

  it('opens with the old key of a ring, and seals with the new one', () => {
    const ring = boxOf(newKey, oldKey);
    expect(ring.decrypt(boxOf(oldKey).encrypt('key', 'a'), 'a')).toBe('key');
    expect(boxOf(newKey).decrypt(ring.encrypt('key', 'a'), 'a')).toBe('key');
  });

  it('tells what is sealed under the newest key from all else', () => {
    const ring = boxOf(newKey, oldKey);
    expect(ring.isCurrent(boxOf(newKey).encrypt('key', 'a'))).toBe(true);
    expect(ring.isCurrent(boxOf(oldKey).encrypt('key', 'a'))).toBe(false);
    expect(ring.isCurrent('')).toBe(false);
  });

  it('does not open what was sealed for another row', () => {
    const box = boxOf(oldKey);
    expect(() => box.decrypt(box.encrypt('key', 'wx1|o1'), 'wx1|o2')).toThrow(DecryptionError);
  });

  it('does not open what was sealed for another purpose', () => {
    const ring = new KeyRing([oldKey]);
    const sealed = new FieldCipher(ring, 'signing-key').encrypt('key', 'a');
    expect(() => new FieldCipher(ring, 'session-key').decrypt(sealed, 'a')).toThrow(DecryptionError);
  });

  it('does not open without the key, and says which setting to correct', () => {
    const sealed = boxOf(oldKey).encrypt('key', 'a');
    expect(() => boxOf(newKey).decrypt(sealed, 'a')).toThrow(/ENCRYPTION_KEYS/);
  });

  it('does not open what was changed, cut or is no sealed value, wherever', () => {
    const box = boxOf(oldKey);
    const sealed = Buffer.from(box.encrypt('key', 'a'), 'base64url');
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index]! ^= 1;
      expect(() => box.decrypt(changed.toString('base64url'), 'a')).toThrow(DecryptionError);
      expect(() => box.decrypt(sealed.subarray(0, index).toString('base64url'), 'a')).toThrow(
        DecryptionError,
      );
    }
  });
});

describe('KeyRing', () => {
  it('hashes under the newest key, and verifies under each', () => {
    const ring = new KeyRing([newKey, oldKey]);
    const [newest, older] = ring.hashes('login-code', 'wx1', 'code');
    expect(ring.hash('login-code', 'wx1', 'code')).toEqual(newest);
    expect(older).toEqual(new KeyRing([oldKey]).hash('login-code', 'wx1', 'code'));
    expect(ring.verifies(older!, 'login-code', 'wx1', 'code')).toBe(true);
    expect(ring.verifies(older!, 'login-code', 'wx1', 'other')).toBe(false);
    expect(ring.verifies(Buffer.alloc(0), 'login-code', 'wx1', 'code')).toBe(false);
  });

  it('tells parts apart, and purposes', () => {
    const ring = new KeyRing([oldKey]);
    expect(ring.hash('login-code', 'ab', 'c')).not.toEqual(ring.hash('login-code', 'a', 'bc'));
    expect(ring.hash('login-code', 'a')).not.toEqual(ring.hash('refresh-token', 'a'));
  });
});
