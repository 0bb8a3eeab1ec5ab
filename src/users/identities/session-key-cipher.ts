import { Injectable } from '@nestjs/common';
import { FieldCipher } from '../../crypto/field-cipher.js';
import { KeyRing } from '../../crypto/key-ring.js';
import type { Identity, StoredSessionKey } from './identity.entity.js';

/** The identity that a session_key belongs to. */
type KeyOwner = Pick<Identity, 'appid' | 'openid'>;

/** WeChat's session_keys at rest: encrypted, and compared by a keyed hash. */
@Injectable()
export class SessionKeyCipher {
  readonly #cipher: FieldCipher;

  constructor(private readonly ring: KeyRing) {
    this.#cipher = new FieldCipher(ring, 'session-key');
  }

  /** @param fingerprints those of the session_key, if the caller needs them, too */
  encrypt(
    owner: KeyOwner,
    sessionKey: string,
    fingerprints = this.fingerprints(owner, sessionKey),
  ): Pick<StoredSessionKey, 'sealed' | 'fingerprint'> {
    return {
      sealed: this.#cipher.encrypt(sessionKey, associatedData(owner)),
      fingerprint: fingerprints[0]!,
    };
  }

  /** @throws {DecryptionError} */
  decrypt(owner: KeyOwner, { sealed }: StoredSessionKey): string {
    return this.#cipher.decrypt(sealed, associatedData(owner));
  }

  /** Whether the newest key has encrypted it. */
  isCurrent({ sealed }: StoredSessionKey): boolean {
    return this.#cipher.isCurrent(sealed);
  }

  /** The fingerprints that a session_key may have: one per key of the ring, the newest first. */
  fingerprints({ appid, openid }: KeyOwner, sessionKey: string): string[] {
    return this.ring
      .hashes('session-key-fingerprint', appid, openid, sessionKey)
      .map((hash) => hash.toString('base64url'));
  }
}

function associatedData({ appid, openid }: KeyOwner): string {
  return `${appid}|${openid}`;
}
