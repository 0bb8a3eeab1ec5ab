import type { ReencryptionCount, ReencryptionReport } from '../../crypto/reencrypt-rows.js';
import { reencryptTable, renewValue } from '../../crypto/reencrypt-table.js';
import type { Database } from '../../database/database.js';
import type { BannedIdentity } from './banned-identity.entity.js';
import type { BannedUser, BansService } from './bans.service.js';

/**
 * Encrypts the bans of erased users again, with the newest key, and renews the hashes that find them.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptBans(
  database: Database,
  bans: BansService,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  return reencryptTable<Pick<BannedIdentity, 'id' | 'sealed' | 'openidIndex' | 'unionidIndex'>>(
    database,
    {
      name: 'banned_identities',
      id: ['id', 'uuid'],
      written: {
        sealed: ['sealed', 'text'],
        openidIndex: ['openid_index', 'bytea'],
        unionidIndex: ['unionid_index', 'bytea'],
      },
      renew: (row) =>
        renewValue(row, {
          isCurrent: bans.isCurrent(row.sealed),
          decrypt: () => bans.decrypt(row),
          encrypt: (banned) => bans.encrypt(row.id, JSON.parse(banned) as BannedUser),
        }),
    },
    report,
  );
}
