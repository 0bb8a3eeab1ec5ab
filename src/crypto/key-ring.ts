import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { isEqual } from './is-equal.js';

/** What a derived key is for. Each purpose has keys of its own. */
export type KeyPurpose =
  | 'session-key'
  | 'session-key-fingerprint'
  | 'login-code'
  | 'phone-code'
  | 'push-message'
  | 'refresh-token'
  | 'phone'
  | 'phone-index'
  | 'banned-identity'
  | 'banned-identity-index'
  | 'search-cursor'
  | 'search-audit'
  | 'user-code'
  | 'signing-key';

interface DerivedKey {
  /** First four bytes of the SHA-256 of the root key: tells which key encrypted a value, and nothing else. */
  id: Buffer;
  key: Buffer;
}

/**
 * The keys of `ENCRYPTION_KEYS`, newest first. HKDF (RFC 5869) derives one key per purpose from each, so that no
 * two uses share a key. The newest encrypts and hashes; all of them decrypt and verify.
 */
export class KeyRing {
  readonly #roots: { id: Buffer; root: Buffer }[];
  readonly #derived = new Map<KeyPurpose, DerivedKey[]>();

  /** @param keys base64 of 32 bytes each, newest first, at least one */
  constructor(keys: readonly string[]) {
    this.#roots = keys.map((key) => {
      const root = Buffer.from(key, 'base64');
      return { root, id: createHash('sha256').update(root).digest().subarray(0, 4) };
    });
  }

  /** The keys for a purpose, newest first. */
  keys(purpose: KeyPurpose): DerivedKey[] {
    let keys = this.#derived.get(purpose);
    if (keys === undefined) {
      keys = this.#roots.map(({ id, root }) => ({
        id,
        key: Buffer.from(hkdfSync('sha256', root, '', `weapp-auth/${purpose}`, 32)),
      }));
      this.#derived.set(purpose, keys);
    }
    return keys;
  }

  /** Keyed hash (HMAC-SHA256, 32 bytes) under the newest key. */
  hash(purpose: KeyPurpose, ...parts: (string | Buffer)[]): Buffer {
    return hashWith(this.keys(purpose)[0]!.key, parts);
  }

  /** The same hash under every key of the ring, newest first: a look-up has to try all of them. */
  hashes(purpose: KeyPurpose, ...parts: (string | Buffer)[]): Buffer[] {
    return this.keys(purpose).map(({ key }) => hashWith(key, parts));
  }

  /** Whether `hash` is that of `parts` under any key of the ring; in constant time per key. */
  verifies(hash: Buffer, purpose: KeyPurpose, ...parts: (string | Buffer)[]): boolean {
    return this.hashes(purpose, ...parts).some((candidate) => isEqual(candidate, hash));
  }
}

/** Each part is preceded by its length in bytes, so that ("ab", "c") and ("a", "bc") differ. */
function hashWith(key: Buffer, parts: (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}
