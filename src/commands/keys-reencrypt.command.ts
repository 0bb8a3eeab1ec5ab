import { reencryptSigningKeys } from '../auth/reencrypt-signing-keys.js';
import { KeyRing } from '../crypto/key-ring.js';
import type { ReencryptionReport } from '../crypto/reencrypt-rows.js';
import { Database } from '../database/database.js';
import { reencryptBans } from '../users/status/reencrypt-bans.js';
import { BansService } from '../users/status/bans.service.js';
import { reencryptPhones } from '../users/profile/reencrypt-phones.js';
import { PhoneCipher } from '../users/profile/phone-cipher.js';
import { reencryptSessionKeys } from '../users/identities/reencrypt-session-keys.js';
import { runInApplication } from './command-application.js';
import { defineCommand, loadCommandSettings } from './command.js';

/** Milliseconds between two lines about the progress. */
const reportIntervalMs = 10_000;

export const keysReencrypt = defineCommand({
  synopsis: '',
  explanations: {},
  example: '',
  options: {},
  async run() {
    return runInApplication(loadCommandSettings(), [BansService, PhoneCipher], async (app) => {
      const [database, ring] = [app.get(Database), app.get(KeyRing)];
      const reportOf = createReports();
      const counts = [
        await reencryptSigningKeys(database, ring, reportOf('signing_keys')),
        await reencryptPhones(database, app.get(PhoneCipher), reportOf('users')),
        await reencryptSessionKeys(database, ring, reportOf('identities')),
        await reencryptBans(database, app.get(BansService), reportOf('banned_identities')),
      ];
      const sum = (part: keyof (typeof counts)[number]) =>
        counts.reduce((total, count) => total + count[part], 0);
      const failed = sum('failed');
      process.stdout.write(
        `${sum('renewed')} of ${sum('seen')} rows were renewed` +
          (failed === 0
            ? '; all are under the newest key.\n'
            : `; ${failed} could not be decrypted, see above.\n`),
      );
      return failed === 0 ? 0 : 1;
    });
  },
});

/** Prints every row that failed, and the progress at intervals. */
function createReports(): (table: string) => ReencryptionReport {
  let lastLine = performance.now();
  return (table) =>
    ({ seen, renewed }, failedIds) => {
      for (const id of failedIds) {
        process.stderr.write(`${table} ${id}: no key of ENCRYPTION_KEYS opens all that is sealed there.\n`);
      }
      if (performance.now() - lastLine < reportIntervalMs) return;
      lastLine = performance.now();
      process.stderr.write(`${table}: ${seen} rows seen, ${renewed} renewed\n`);
    };
}
