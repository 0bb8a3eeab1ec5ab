import { Injectable, Logger } from '@nestjs/common';
import { decryptIfPossible } from '../../crypto/field-cipher.js';
import { Database } from '../../database/database.js';
import type { StoredSessionKey } from './identity.entity.js';
import { findSessionIdentity, type SessionUserRef } from './session-identity.js';
import { SessionKeyCipher } from './session-key-cipher.js';

/** A user in one mini-program, and the session_keys of their last logins there. */
export interface IdentityKeys {
  openid: string;
  /** As WeChat gave them, newest first, all different. */
  sessionKeys: string[];
}

/** The session_keys of identities. */
@Injectable()
export class SessionKeysService {
  readonly #logger = new Logger(SessionKeysService.name);

  constructor(
    private readonly database: Database,
    private readonly cipher: SessionKeyCipher,
  ) {}

  /** What an identity stores of a session_key, and the fingerprints that the same key may have there. */
  encrypt(
    appid: string,
    openid: string,
    sessionKey: string,
  ): { entry: StoredSessionKey; fingerprints: string[] } {
    const owner = { appid, openid };
    const fingerprints = this.cipher.fingerprints(owner, sessionKey);
    const encrypted = this.cipher.encrypt(owner, sessionKey, fingerprints);
    return { entry: { ...encrypted, at: new Date().toISOString() }, fingerprints };
  }

  /**
   * The identity of a session with its session_keys, or null. A session_key that cannot be decrypted, because
   * `ENCRYPTION_KEYS` lacks its key, is skipped and logged: the others may be enough.
   *
   * @throws {DatabaseUnavailableError}
   */
  async findBySession(user: SessionUserRef): Promise<IdentityKeys | null> {
    const identity = await findSessionIdentity(this.database, user);
    if (identity === null) return null;
    const { id, openid } = identity;
    const sessionKeys = identity.sessionKeys.map((stored) =>
      decryptIfPossible(() => this.cipher.decrypt(identity, stored)),
    );
    if (sessionKeys.includes(undefined)) {
      this.#logger.error(
        `A session_key of identity ${id} does not open: does ENCRYPTION_KEYS lack the key that sealed it?`,
      );
    }
    return { openid, sessionKeys: sessionKeys.filter((sessionKey) => sessionKey !== undefined) };
  }
}
