import { NIL as lowestId } from 'uuid';
import { decryptIfPossible } from '../../crypto/field-cipher.js';
import type { Database, NamedStatement } from '../../database/database.js';
import {
  batchSize,
  reencryptRows,
  type ReencryptionCount,
  type ReencryptionReport,
} from '../../crypto/reencrypt-rows.js';
import type { BannedIdentity } from './banned-identity.entity.js';
import type { BannedPerson, BansService } from './bans.service.js';

type BanRow = Pick<BannedIdentity, 'id' | 'sealed'> &
  Partial<Pick<BannedIdentity, 'openidIndex' | 'unionidIndex'>>;

const readStatement: NamedStatement = {
  name: 'reencrypt-bans-read',
  text: `
    SELECT id, sealed
    FROM banned_identities
    WHERE id > $1
    ORDER BY id
    LIMIT ${batchSize}`,
};

const writeStatement: NamedStatement = {
  name: 'reencrypt-bans-write',
  text: `
    WITH unchanged AS (
      SELECT banned_identities.id, given.sealed, given.openid_index, given.unionid_index
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
        AS given (id, before, sealed, openid_index, unionid_index)
      JOIN banned_identities
        ON banned_identities.id = given.id AND banned_identities.sealed = given.before
      FOR NO KEY UPDATE OF banned_identities SKIP LOCKED
    )
    UPDATE banned_identities
    SET sealed = unchanged.sealed, openid_index = unchanged.openid_index, unionid_index = unchanged.unionid_index
    FROM unchanged
    WHERE banned_identities.id = unchanged.id
    RETURNING banned_identities.id`,
};

/**
 * Seals what is kept of people who are banned under the newest key, and has them found by it.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptBans(
  database: Database,
  bans: BansService,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  return reencryptRows<BanRow>(
    {
      lowestId,
      read: (after) => database.query<BanRow>(readStatement, [after]),
      renew: (row) => renew(row, bans),
      write: async (changes) => {
        const written = await database.query(writeStatement, [
          changes.map(({ before }) => before.id),
          changes.map(({ before }) => before.sealed),
          changes.map(({ after }) => after.sealed),
          changes.map(({ after }) => after.openidIndex),
          changes.map(({ after }) => after.unionidIndex),
        ]);
        return written.length;
      },
    },
    report,
  );
}

function renew(row: BanRow, bans: BansService): { after?: BanRow; hasFailed?: boolean } {
  if (bans.isCurrent(row.sealed)) return {};
  const opened = decryptIfPossible(() => bans.decrypt(row));
  if (opened === undefined) return { hasFailed: true };
  const person = JSON.parse(opened) as BannedPerson;
  return { after: { id: row.id, ...bans.encrypt(row.id, person) } };
}
