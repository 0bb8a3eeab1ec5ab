import type { ReencryptionCount, ReencryptionReport } from '../../crypto/reencrypt-rows.js';
import { reencryptTable, renewValue } from '../../crypto/reencrypt-table.js';
import type { Database } from '../../database/database.js';
import type { PhoneCipher } from './phone-cipher.js';

/**
 * Encrypts the phone numbers of all users again, with the newest key, and renews the hashes that find them.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptPhones(
  database: Database,
  cipher: PhoneCipher,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  return reencryptTable<{ id: string; phoneSealed: string; phoneIndex: Buffer }>(
    database,
    {
      name: 'users',
      id: ['id', 'uuid'],
      written: { phoneSealed: ['phone_sealed', 'text'], phoneIndex: ['phone_index', 'bytea'] },
      where: 'phone_sealed IS NOT NULL',
      renew: (row) =>
        renewValue(row, {
          isCurrent: cipher.isCurrent(row.phoneSealed),
          decrypt: () => cipher.decrypt(row)!,
          encrypt: (phone) => cipher.encrypt(row.id, phone),
        }),
    },
    report,
  );
}
