import { reencryptSigningKeys } from '../auth/reencrypt-signing-keys.js';
import { KeyRing } from '../crypto/key-ring.js';
import type { ReencryptionReport } from '../crypto/reencrypt-rows.js';
import { reencryptBans } from '../users/status/reencrypt-bans.js';
import { BansService } from '../users/status/bans.service.js';
import { reencryptPhones } from '../users/profile/reencrypt-phones.js';
import { PhoneCipher } from '../users/profile/phone-cipher.js';
import { reencryptSessionKeys } from '../users/identities/reencrypt-session-keys.js';
import { withDatabase } from './command-database.js';
import { loadCommandSettings, readCommandLine, runCommand } from './command.js';

/** Milliseconds between two lines about the progress. */
const reportIntervalMs = 10_000;
let lastLine = performance.now();

// `npm run keys:reencrypt`: renews what is sealed or hashed under an older key of ENCRYPTION_KEYS.
await runCommand(async () => {
  readCommandLine('npm run keys:reencrypt', { options: {} });
  const settings = loadCommandSettings();
  return withDatabase(settings, async (database) => {
    const ring = new KeyRing(settings.encryptionKeys);
    const counts = [
      await reencryptSigningKeys(database, ring, reportOf('signing_keys')),
      await reencryptPhones(database, new PhoneCipher(ring), reportOf('users')),
      await reencryptSessionKeys(database, ring, reportOf('identities')),
      await reencryptBans(database, new BansService(ring), reportOf('banned_identities')),
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
});

function reportOf(table: string): ReencryptionReport {
  return ({ seen, renewed }, failedIds) => {
    for (const id of failedIds) {
      process.stderr.write(`${table} ${id}: no key of ENCRYPTION_KEYS opens all that is sealed there.\n`);
    }
    if (performance.now() - lastLine < reportIntervalMs) return;
    lastLine = performance.now();
    process.stderr.write(`${table}: ${seen} rows seen, ${renewed} renewed\n`);
  };
}
