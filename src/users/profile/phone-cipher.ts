import { Injectable } from '@nestjs/common';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { KeyRing } from '../../crypto/key-ring.js';
import { FieldCipher } from '../../crypto/field-cipher.js';

/** Phone numbers at rest: sealed, and found again by a keyed hash. All of them are E.164. */
@Injectable()
export class PhoneCipher {
  readonly #box: FieldCipher;

  constructor(private readonly ring: KeyRing) {
    this.#box = new FieldCipher(ring, 'phone');
  }

  /** What a user's row keeps of a number. */
  encrypt(userId: string, phone: string): { phoneSealed: string; phoneIndex: Buffer } {
    return {
      phoneSealed: this.#box.encrypt(phone, userId),
      phoneIndex: this.ring.hash('phone-index', phone),
    };
  }

  /** @throws {DecryptionError} */
  decrypt({ id, phoneSealed }: { id: string; phoneSealed: string | null }): string | null {
    return phoneSealed === null ? null : this.#box.decrypt(phoneSealed, id);
  }

  /** Whether a number is sealed, and found, by the newest key. */
  isCurrent(phoneSealed: string): boolean {
    return this.#box.isCurrent(phoneSealed);
  }

  /** What `phone_index` may hold for a number: one hash per key of the ring. */
  hashPhone(phone: string): Buffer[] {
    return this.ring.hashes('phone-index', phone);
  }
}

/**
 * A phone number as E.164, `+8613800138000`; undefined if the text is no number that could exist.
 *
 * Without a plus or 00 it is taken for a number of mainland China only if China's numbering plan has it, and a
 * landline only if it is written as in China, with its 0: what has lost its plus is often somebody else's number.
 */
export function toE164(text: string): string | undefined {
  // Phones copy numbers with marks of direction around them.
  const plain = text
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim();
  // Without `extract` the text is a number or it is not: the parser would find one anywhere in it.
  const phone = parsePhoneNumberFromString(plain, { defaultCountry: 'CN', extract: false });
  if (phone === undefined || phone.ext !== undefined) return undefined;
  if (plain.startsWith('+')) return phone.isPossible() ? phone.number : undefined;
  const lacksZero = phone.getType() === 'FIXED_LINE' && /^[1-9]/.test(plain) && !plain.startsWith('86');
  return phone.isValid() && !lacksZero ? phone.number : undefined;
}
