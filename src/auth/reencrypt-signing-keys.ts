import type { KeyRing } from '../crypto/key-ring.js';
import { decryptIfPossible, FieldCipher } from '../crypto/field-cipher.js';
import type { Database, NamedStatement } from '../database/database.js';
import {
  batchSize,
  reencryptRows,
  type ReencryptionCount,
  type ReencryptionReport,
} from '../crypto/reencrypt-rows.js';

interface SigningKeyRow {
  /** `kid`. */
  id: string;
  sealed: string;
}

const readStatement: NamedStatement = {
  name: 'reencrypt-signing-keys-read',
  text: `
    SELECT kid AS id, private_key_sealed AS sealed
    FROM signing_keys
    WHERE kid > $1
    ORDER BY kid
    LIMIT ${batchSize}`,
};

const writeStatement: NamedStatement = {
  name: 'reencrypt-signing-keys-write',
  text: `
    WITH unchanged AS (
      SELECT signing_keys.kid, given.sealed
      FROM unnest($1::text[], $2::text[], $3::text[]) AS given (kid, before, sealed)
      JOIN signing_keys ON signing_keys.kid = given.kid AND signing_keys.private_key_sealed = given.before
      FOR NO KEY UPDATE OF signing_keys SKIP LOCKED
    )
    UPDATE signing_keys
    SET private_key_sealed = unchanged.sealed
    FROM unchanged
    WHERE signing_keys.kid = unchanged.kid
    RETURNING signing_keys.kid`,
};

/**
 * Seals all signing keys under the newest key, also those that have retired: what an older one opens should be nothing.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptSigningKeys(
  database: Database,
  ring: KeyRing,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  const box = new FieldCipher(ring, 'signing-key');
  return reencryptRows<SigningKeyRow>(
    {
      lowestId: '',
      read: (after) => database.query<SigningKeyRow>(readStatement, [after]),
      renew: (row) => renew(row, box),
      write: async (changes) => {
        const written = await database.query(writeStatement, [
          changes.map(({ before }) => before.id),
          changes.map(({ before }) => before.sealed),
          changes.map(({ after }) => after.sealed),
        ]);
        return written.length;
      },
    },
    report,
  );
}

function renew(
  { id, sealed }: SigningKeyRow,
  box: FieldCipher,
): { after?: SigningKeyRow; hasFailed?: boolean } {
  if (box.isCurrent(sealed)) return {};
  const privateKey = decryptIfPossible(() => box.decrypt(sealed, id));
  return privateKey === undefined
    ? { hasFailed: true }
    : { after: { id, sealed: box.encrypt(privateKey, id) } };
}
