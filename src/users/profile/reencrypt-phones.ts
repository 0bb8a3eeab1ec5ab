import { NIL as lowestId } from 'uuid';
import { decryptIfPossible } from '../../crypto/field-cipher.js';
import type { Database, NamedStatement } from '../../database/database.js';
import {
  batchSize,
  reencryptRows,
  type ReencryptionCount,
  type ReencryptionReport,
} from '../../crypto/reencrypt-rows.js';
import type { PhoneCipher } from './phone-cipher.js';

interface PhoneRow {
  id: string;
  phoneSealed: string;
  /** Not read: it was made with `phoneSealed`. */
  phoneIndex?: Buffer;
}

const readStatement: NamedStatement = {
  name: 'reencrypt-phones-read',
  text: `
    SELECT id, phone_sealed AS "phoneSealed"
    FROM users
    WHERE id > $1 AND phone_sealed IS NOT NULL
    ORDER BY id
    LIMIT ${batchSize}`,
};

const writeStatement: NamedStatement = {
  name: 'reencrypt-phones-write',
  text: `
    WITH unchanged AS (
      SELECT users.id, given.phone_sealed, given.phone_index
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) AS given (id, before, phone_sealed, phone_index)
      JOIN users ON users.id = given.id AND users.phone_sealed = given.before
      FOR NO KEY UPDATE OF users SKIP LOCKED
    )
    UPDATE users
    SET phone_sealed = unchanged.phone_sealed, phone_index = unchanged.phone_index
    FROM unchanged
    WHERE users.id = unchanged.id
    RETURNING users.id`,
};

/**
 * Seals the phone numbers of all users under the newest key, and has them found by it.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptPhones(
  database: Database,
  phones: PhoneCipher,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  return reencryptRows<PhoneRow>(
    {
      lowestId,
      read: (after) => database.query<PhoneRow>(readStatement, [after]),
      renew: (row) => renew(row, phones),
      write: async (changes) => {
        const written = await database.query(writeStatement, [
          changes.map(({ before }) => before.id),
          changes.map(({ before }) => before.phoneSealed),
          changes.map(({ after }) => after.phoneSealed),
          changes.map(({ after }) => after.phoneIndex),
        ]);
        return written.length;
      },
    },
    report,
  );
}

function renew(row: PhoneRow, phones: PhoneCipher): { after?: PhoneRow; hasFailed?: boolean } {
  if (phones.isCurrent(row.phoneSealed)) return {};
  const phone = decryptIfPossible(() => phones.decrypt(row)!);
  if (phone === undefined) return { hasFailed: true };
  return { after: { id: row.id, ...phones.encrypt(row.id, phone) } };
}
