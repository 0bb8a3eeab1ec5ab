import { decryptIfPossible } from '../../crypto/field-cipher.js';
import type { KeyRing } from '../../crypto/key-ring.js';
import type { ReencryptionCount, ReencryptionReport, RenewedRow } from '../../crypto/reencrypt-rows.js';
import { reencryptTable } from '../../crypto/reencrypt-table.js';
import type { Database } from '../../database/database.js';
import type { Identity } from './identity.entity.js';
import { SessionKeyCipher } from './session-key-cipher.js';

type SessionKeysRow = Pick<Identity, 'id' | 'appid' | 'openid' | 'sessionKeys'>;

/**
 * Encrypts the session_keys of all identities again, with the newest key, and renews their fingerprints.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptSessionKeys(
  database: Database,
  ring: KeyRing,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  const cipher = new SessionKeyCipher(ring);
  return reencryptTable<SessionKeysRow>(
    database,
    {
      name: 'identities',
      id: ['id', 'uuid'],
      written: { sessionKeys: ['session_keys', 'jsonb'] },
      read: ['appid', 'openid'],
      where: `session_keys <> '[]'`,
      renew: (row) => renewSessionKeys(row, cipher),
    },
    report,
  );
}

/** One key that cannot be decrypted does not keep the others of the identity from being renewed. */
function renewSessionKeys(row: SessionKeysRow, cipher: SessionKeyCipher): RenewedRow<SessionKeysRow> {
  const sessionKeys = row.sessionKeys.map((stored) => {
    if (cipher.isCurrent(stored)) return stored;
    const sessionKey = decryptIfPossible(() => cipher.decrypt(row, stored));
    return sessionKey === undefined ? stored : { ...stored, ...cipher.encrypt(row, sessionKey) };
  });
  const isChanged = sessionKeys.some((stored, index) => stored !== row.sessionKeys[index]);
  return {
    ...(isChanged && { after: { ...row, sessionKeys } }),
    hasFailed: sessionKeys.some((stored) => !cipher.isCurrent(stored)),
  };
}
