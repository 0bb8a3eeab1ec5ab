import { Injectable } from '@nestjs/common';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { KeyRing } from '../crypto/key-ring.js';
import { SealedBox } from '../crypto/sealed-box.js';

/** Phone numbers at rest: sealed, and found again by a keyed hash. All of them are E.164. */
@Injectable()
export class Phones {
  readonly #box: SealedBox;

  constructor(private readonly ring: KeyRing) {
    this.#box = new SealedBox(ring, 'phone');
  }

  /** What a user's row keeps of a number. */
  seal(userId: string, phone: string): { phoneSealed: string; phoneIndex: Buffer } {
    return { phoneSealed: this.#box.seal(phone, userId), phoneIndex: this.ring.hash('phone-index', phone) };
  }

  /** @throws {UnsealError} */
  open({ id, phoneSealed }: { id: string; phoneSealed: string | null }): string | null {
    return phoneSealed === null ? null : this.#box.open(phoneSealed, id);
  }

  /** Whether a number is sealed, and found, by the newest key. */
  isCurrent(phoneSealed: string): boolean {
    return this.#box.isCurrent(phoneSealed);
  }

  /** What `phone_index` may hold for a number: one hash per key of the ring. */
  indexes(phone: string): Buffer[] {
    return this.ring.hashes('phone-index', phone);
  }
}

/**
 * A phone number as E.164, `+8613800138000`; undefined where the text is none that could exist. Without a
 * country code it is taken for one of mainland China.
 */
export function toE164(text: string): string | undefined {
  // Without `extract` the text is a number or it is not: the parser would find one anywhere in it.
  const phone = parsePhoneNumberFromString(text, { defaultCountry: 'CN', extract: false });
  return phone?.isPossible() === true && phone.ext === undefined ? phone.number : undefined;
}
