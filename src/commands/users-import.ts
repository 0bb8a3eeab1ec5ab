import { statSync } from 'node:fs';
import { AuditLogService, commandActor } from '../audit/audit-log.service.js';
import { KeyRing } from '../crypto/key-ring.js';
import type { Database } from '../database/database.js';
import { FileRefusedError } from '../users/import/import-file.js';
import { BansService } from '../users/status/bans.service.js';
import { PhoneCipher } from '../users/profile/phone-cipher.js';
import { type ImportProgress, UserImport } from '../users/import/user-import.js';
import { withDatabase } from './command-database.js';
import { CommandError, loadCommandSettings, readCommandLine, runCommand, UsageError } from './command.js';
import { openProgress } from './import-progress.js';
import { RefusalReport } from './refusal-report.js';

const usage = 'npm run users:import -- <file.csv>';

const needsOwnConnection =
  'DATABASE_URL leads to a connection pooler in transaction mode, and an import needs one connection of Postgres from beginning to end. Run the command again with DATABASE_URL naming Postgres itself.';

// `npm run users:import`: brings users along from elsewhere.
await runCommand(async () => {
  const { positionals } = readCommandLine(usage, { allowPositionals: true, options: {} });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError(`Name one file. Usage: ${usage}`);
  const { size } = statSync(file);

  const settings = loadCommandSettings();
  const report = new RefusalReport(file);
  const progress = openProgress(process.stderr, size);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      progress.stop();
      report.keep();
      process.stderr.write(
        'Interrupted. What was imported stays; run the same command again for the rest.\n',
      );
      process.exit(code);
    });
  }
  try {
    const result = await withDatabase(settings, async (database) => {
      if (await database.sharesConnections()) throw new CommandError(needsOwnConnection);
      const ring = new KeyRing(settings.encryptionKeys);
      const appids = settings.wechatApps.map(({ appid }) => appid);
      const imported = await new UserImport(
        database,
        new PhoneCipher(ring),
        new BansService(ring),
        appids,
      ).run(file, (state, refusals) => {
        report.add(refusals);
        progress.update(state);
      });
      await recordImport(database, imported);
      return imported;
    });
    progress.stop();
    process.stdout.write(summaryOf(result, report.finish()));
    return result.refused === 0 ? 0 : 1;
  } catch (error) {
    progress.stop();
    report.keep();
    if (error instanceof FileRefusedError) throw new CommandError(error.message);
    // The schema is as it must be: it is a temporary table that is not there.
    if ((error as { code?: unknown }).code === '42P01') throw new CommandError(needsOwnConnection);
    throw error;
  }
});

/** Of an import that came to its end. Counts alone: the audit names nobody. */
async function recordImport(database: Database, result: ImportProgress): Promise<void> {
  const { lines, newUsers, newIdentities, filledUsers, unchanged, refused } = result;
  const details = { lines, newUsers, newIdentities, filledUsers, unchanged, refused };
  await database.run((manager) =>
    new AuditLogService(database).record(manager, { ...commandActor, action: 'users.imported', details }),
  );
}

function summaryOf(result: ImportProgress, reportFile: string | undefined): string {
  const lines = [
    `${result.lines} lines`,
    `  ${result.newUsers} new users`,
    `  ${result.newIdentities} new identities`,
    `  ${result.filledUsers} users completed`,
    `  ${result.unchanged} lines already done`,
    `  ${result.refused} refused${reportFile === undefined ? '' : `, with reasons in ${reportFile}`}`,
  ];
  return `${lines.join('\n')}\n`;
}
