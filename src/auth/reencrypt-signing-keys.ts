import { FieldCipher } from '../crypto/field-cipher.js';
import type { KeyRing } from '../crypto/key-ring.js';
import type { ReencryptionCount, ReencryptionReport } from '../crypto/reencrypt-rows.js';
import { reencryptTable, renewValue } from '../crypto/reencrypt-table.js';
import type { Database } from '../database/database.js';

/**
 * Encrypts all signing keys again, with the newest key. Retired ones too: nothing may depend on an older key.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptSigningKeys(
  database: Database,
  ring: KeyRing,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  const cipher = new FieldCipher(ring, 'signing-key');
  return reencryptTable<{ id: string; sealed: string }>(
    database,
    {
      name: 'signing_keys',
      id: ['kid', 'text'],
      written: { sealed: ['private_key_sealed', 'text'] },
      renew: (row) =>
        renewValue(row, {
          isCurrent: cipher.isCurrent(row.sealed),
          decrypt: () => cipher.decrypt(row.sealed, row.id),
          encrypt: (privateKey) => ({ sealed: cipher.encrypt(privateKey, row.id) }),
        }),
    },
    report,
  );
}
