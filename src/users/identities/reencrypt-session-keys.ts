import { NIL as lowestId } from 'uuid';
import type { KeyRing } from '../../crypto/key-ring.js';
import { decryptIfPossible, FieldCipher } from '../../crypto/field-cipher.js';
import type { Database, NamedStatement } from '../../database/database.js';
import {
  batchSize,
  reencryptRows,
  type ReencryptionCount,
  type ReencryptionReport,
} from '../../crypto/reencrypt-rows.js';
import type { StoredSessionKey } from './identity.entity.js';

interface SessionKeysRow {
  id: string;
  appid: string;
  openid: string;
  sessionKeys: StoredSessionKey[];
}

const readStatement: NamedStatement = {
  name: 'reencrypt-session-keys-read',
  text: `
    SELECT id, appid, openid, session_keys AS "sessionKeys"
    FROM identities
    WHERE id > $1 AND session_keys <> '[]'
    ORDER BY id
    LIMIT ${batchSize}`,
};

const writeStatement: NamedStatement = {
  name: 'reencrypt-session-keys-write',
  text: `
    WITH unchanged AS (
      SELECT identities.id, given.session_keys
      FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[]) AS given (id, before, session_keys)
      JOIN identities ON identities.id = given.id AND identities.session_keys = given.before
      FOR NO KEY UPDATE OF identities SKIP LOCKED
    )
    UPDATE identities
    SET session_keys = unchanged.session_keys
    FROM unchanged
    WHERE identities.id = unchanged.id
    RETURNING identities.id`,
};

/**
 * Seals the session keys of all identities under the newest key, with a fingerprint to match.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptSessionKeys(
  database: Database,
  ring: KeyRing,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  const box = new FieldCipher(ring, 'session-key');
  return reencryptRows<SessionKeysRow>(
    {
      lowestId,
      read: (after) => database.query<SessionKeysRow>(readStatement, [after]),
      renew: (row) => renew(row, ring, box),
      write: async (changes) => {
        const written = await database.query(writeStatement, [
          changes.map(({ before }) => before.id),
          changes.map(({ before }) => JSON.stringify(before.sessionKeys)),
          changes.map(({ after }) => JSON.stringify(after.sessionKeys)),
        ]);
        return written.length;
      },
    },
    report,
  );
}

function renew(
  row: SessionKeysRow,
  ring: KeyRing,
  box: FieldCipher,
): { after?: SessionKeysRow; hasFailed?: boolean } {
  const { appid, openid } = row;
  const associatedData = `${appid}|${openid}`;
  const sessionKeys = row.sessionKeys.map((stored) => {
    if (box.isCurrent(stored.sealed)) return stored;
    const sessionKey = decryptIfPossible(() => box.decrypt(stored.sealed, associatedData));
    if (sessionKey === undefined) return stored;
    const fingerprint = ring.hash('session-key-fingerprint', appid, openid, sessionKey).toString('base64url');
    return { ...stored, sealed: box.encrypt(sessionKey, associatedData), fingerprint };
  });
  const isChanged = sessionKeys.some((stored, index) => stored !== row.sessionKeys[index]);
  return {
    ...(isChanged && { after: { ...row, sessionKeys } }),
    hasFailed: sessionKeys.some(({ sealed }) => !box.isCurrent(sealed)),
  };
}
