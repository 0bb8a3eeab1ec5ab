import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { FieldCipher } from '../../crypto/field-cipher.js';

/** Phone numbers at rest, in E.164: encrypted, and found by a keyed hash. */
@Injectable()
export class PhoneCipher {
  readonly #box: FieldCipher;

  constructor(private readonly ring: KeyRing) {
    this.#box = new FieldCipher(ring, 'phone');
  }

  /** What the row of a user stores of a number. */
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

  /** Whether the newest key has encrypted the number. */
  isCurrent(phoneSealed: string): boolean {
    return this.#box.isCurrent(phoneSealed);
  }

  /** What `phone_index` may hold for a number: one hash per key of the ring. */
  hashPhone(phone: string): Buffer[] {
    return this.ring.hashes('phone-index', phone);
  }
}
