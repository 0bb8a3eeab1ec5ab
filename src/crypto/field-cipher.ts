import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ServiceError } from '../errors/service.error.js';
import type { KeyPurpose, KeyRing } from './key-ring.js';
import { randomBytes } from './random.js';

const version = 1;
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + keyIdBytes + nonceBytes + tagBytes;

/** A value cannot be decrypted: the key is not in `ENCRYPTION_KEYS`, or the value was moved or changed. */
export class DecryptionError extends ServiceError {
  readonly code = 'internal_error';
}

/**
 * Encrypts secrets at rest with AES-256-GCM.
 *
 * An encrypted value is base64url of: version (1 byte), key id (4), nonce (12), tag (16), ciphertext. The associated
 * data binds it to its row: copied to another row, it cannot be decrypted.
 */
export class FieldCipher {
  constructor(
    private readonly ring: KeyRing,
    private readonly purpose: KeyPurpose,
  ) {}

  /** Whether the newest key has encrypted the value. All others need to be encrypted again, or are not from here. */
  isCurrent(sealed: string): boolean {
    const { id } = this.ring.keys(this.purpose)[0]!;
    return Buffer.from(sealed, 'base64url')
      .subarray(0, 1 + keyIdBytes)
      .equals(Buffer.concat([Buffer.of(version), id]));
  }

  /** Encrypts with the newest key. */
  encrypt(plaintext: string, associatedData: string): string {
    const { id, key } = this.ring.keys(this.purpose)[0]!;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(Buffer.from(associatedData, 'utf8'));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(version), id, nonce, cipher.getAuthTag(), ciphertext]).toString(
      'base64url',
    );
  }

  /**
   * @throws {DecryptionError} if no key of the ring has encrypted it, or the associated data differs
   */
  decrypt(sealed: string, associatedData: string): string {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < headerBytes || bytes[0] !== version) {
      throw new DecryptionError(`A value sealed for ${this.purpose} has an unknown form.`);
    }
    const id = bytes.subarray(1, 1 + keyIdBytes);
    const match = this.ring.keys(this.purpose).find((candidate) => candidate.id.equals(id));
    if (match === undefined) {
      throw new DecryptionError(
        `A value sealed for ${this.purpose} needs a key that ENCRYPTION_KEYS no longer lists: add the old key after the new one.`,
      );
    }
    const nonce = bytes.subarray(1 + keyIdBytes, 1 + keyIdBytes + nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', match.key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(associatedData, 'utf8'));
    decipher.setAuthTag(bytes.subarray(1 + keyIdBytes + nonceBytes, headerBytes));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(headerBytes)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new DecryptionError(
        `A value sealed for ${this.purpose} was changed, or belongs to another row.`,
        {
          cause,
        },
      );
    }
  }
}

/** The decrypted value; undefined if it cannot be decrypted. */
export function decryptIfPossible(decrypt: () => string): string | undefined {
  try {
    return decrypt();
  } catch (error) {
    if (error instanceof DecryptionError) return undefined;
    throw error;
  }
}
