import { resealSigningKeys } from '../auth/signing-key-reseal.js';
import { KeyRing } from '../crypto/key-ring.js';
import type { RenewalReport } from '../database/row-renewal.js';
import { resealBans } from '../users/ban-reseal.js';
import { Bans } from '../users/bans.js';
import { resealPhones } from '../users/phone-reseal.js';
import { Phones } from '../users/phones.js';
import { resealSessionKeys } from '../users/session-key-reseal.js';
import { withDatabase } from './command-database.js';
import { loadCommandSettings, readCommandLine, runCommand } from './command.js';

/** Milliseconds between two lines about the progress. */
const pause = 10_000;
let lastLine = performance.now();

// `npm run keys:reseal`: renews what is sealed or hashed under an older key of ENCRYPTION_KEYS.
await runCommand(async () => {
  readCommandLine('npm run keys:reseal', { options: {} });
  const settings = loadCommandSettings();
  return withDatabase(settings, async (database) => {
    const ring = new KeyRing(settings.encryptionKeys);
    const counts = [
      await resealSigningKeys(database, ring, reportOf('signing_keys')),
      await resealPhones(database, new Phones(ring), reportOf('users')),
      await resealSessionKeys(database, ring, reportOf('identities')),
      await resealBans(database, new Bans(ring), reportOf('banned_identities')),
    ];
    const sum = (part: keyof (typeof counts)[number]) =>
      counts.reduce((total, count) => total + count[part], 0);
    const stuck = sum('stuck');
    process.stdout.write(
      `${sum('renewed')} of ${sum('seen')} rows were renewed` +
        (stuck === 0 ? '; all are under the newest key.\n' : `; ${stuck} are stuck, see above.\n`),
    );
    return stuck === 0 ? 0 : 1;
  });
});

function reportOf(table: string): RenewalReport {
  return ({ seen, renewed }, stuckIds) => {
    for (const id of stuckIds) {
      process.stderr.write(`${table} ${id}: no key of ENCRYPTION_KEYS opens all that is sealed there.\n`);
    }
    if (performance.now() - lastLine < pause) return;
    lastLine = performance.now();
    process.stderr.write(`${table}: ${seen} rows seen, ${renewed} renewed\n`);
  };
}
