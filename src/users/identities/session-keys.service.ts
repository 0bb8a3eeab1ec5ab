import { Injectable, Logger } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { decryptIfPossible, FieldCipher } from '../../crypto/field-cipher.js';
import { Database } from '../../database/database.js';
import type { StoredSessionKey } from './identity.entity.js';
import { findSessionIdentity, type SessionUserRef } from './session-identity.js';

/** A user in one mini-program, and the session_keys of their last logins there. */
export interface IdentityKeys {
  openid: string;
  /** As WeChat gave them, newest first, all different. */
  sessionKeys: string[];
}

/** The session_keys at rest: sealed, and told apart by a keyed hash. */
@Injectable()
export class SessionKeysService {
  readonly #logger = new Logger(SessionKeysService.name);
  readonly #box: FieldCipher;

  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
  ) {
    this.#box = new FieldCipher(ring, 'session-key');
  }

  /** What an identity keeps of a session_key, and the fingerprints that the same one may have there. */
  encrypt(
    appid: string,
    openid: string,
    sessionKey: string,
  ): { entry: StoredSessionKey; fingerprints: string[] } {
    const fingerprints = this.ring
      .hashes('session-key-fingerprint', appid, openid, sessionKey)
      .map((hash) => hash.toString('base64url'));
    return {
      fingerprints,
      entry: {
        sealed: this.#box.encrypt(sessionKey, `${appid}|${openid}`),
        fingerprint: fingerprints[0]!,
        at: new Date().toISOString(),
      },
    };
  }

  /**
   * The identity of a session with its session_keys; null where there is none. A key that does not open,
   * sealed under what `ENCRYPTION_KEYS` no longer lists, is passed over and logged: the others may do.
   *
   * @throws {DatabaseUnavailableError}
   */
  async findBySession(person: SessionUserRef): Promise<IdentityKeys | null> {
    const identity = await this.database.run((manager) => findSessionIdentity(manager, person));
    if (identity === null) return null;
    const { id, appid, openid, sessionKeys } = identity;
    const opened = sessionKeys.map(({ sealed }) =>
      decryptIfPossible(() => this.#box.decrypt(sealed, `${appid}|${openid}`)),
    );
    if (opened.includes(undefined)) {
      this.#logger.error(
        `A session_key of identity ${id} does not open: does ENCRYPTION_KEYS lack the key that sealed it?`,
      );
    }
    return { openid, sessionKeys: opened.filter((sessionKey) => sessionKey !== undefined) };
  }
}
