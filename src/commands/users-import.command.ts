import { statSync } from 'node:fs';
import { AuditLogService, commandActor } from '../audit/audit-log.service.js';
import { Database } from '../database/database.js';
import { FileRefusedError } from '../users/import/import-file.js';
import { BansService } from '../users/status/bans.service.js';
import { PhoneCipher } from '../users/profile/phone-cipher.js';
import { type ImportProgress, UserImport } from '../users/import/user-import.js';
import { runInApplication } from './command-application.js';
import { CommandError, defineCommand, loadCommandSettings, UsageError } from './command.js';
import { openProgress } from './import-progress.js';
import { RefusedLinesReport } from './refused-lines-report.js';

const services = [BansService, PhoneCipher, UserImport];

const needsOwnConnection =
  'DATABASE_URL leads to a connection pooler in transaction mode, and an import needs one connection of Postgres from beginning to end. Run the command again with DATABASE_URL naming Postgres itself.';

export const usersImport = defineCommand({
  synopsis: '<file.csv>',
  explanations: { '<file.csv>': 'the users: docs/guides/import.md explains the columns' },
  example: 'users.csv',
  options: {},
  allowPositionals: true,
  async run({ positionals: [file, ...others] }) {
    if (file === undefined || others.length > 0) throw new UsageError('Name one file');
    const { size } = statSync(file);

    const settings = loadCommandSettings();
    const report = new RefusedLinesReport(file);
    const progress = openProgress(process.stderr, size);
    onInterruption(() => {
      progress.stop();
      report.saveReport();
    });
    try {
      const result = await runInApplication(settings, services, async (app) => {
        const database = app.get(Database);
        if (await database.sharesConnections()) throw new CommandError(needsOwnConnection);
        const imported = await app.get(UserImport).run(file, (state, refusals) => {
          report.addLines(refusals);
          progress.update(state);
        });
        await recordImport(database, app.get(AuditLogService), imported);
        return imported;
      });
      progress.stop();
      process.stdout.write(summaryOf(result, report.finishReport()));
      return result.refused === 0 ? 0 : 1;
    } catch (error) {
      progress.stop();
      report.saveReport();
      if (error instanceof FileRefusedError) throw new CommandError(error.message);
      // The schema was checked, so the missing table is a temporary one.
      if ((error as { code?: unknown }).code === '42P01') throw new CommandError(needsOwnConnection);
      throw error;
    }
  },
});

/** Calls `tidyUp` on a signal, and ends the process with the code of the signal. */
function onInterruption(tidyUp: () => void): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      tidyUp();
      process.stderr.write(
        'Interrupted. What was imported stays; run the same command again for the rest.\n',
      );
      process.exit(code);
    });
  }
}

/** Writes the audit entry of a complete import. It contains only counts, and names no user. */
async function recordImport(
  database: Database,
  audit: AuditLogService,
  result: ImportProgress,
): Promise<void> {
  const { lines, newUsers, newIdentities, filledUsers, unchanged, refused } = result;
  const details = { lines, newUsers, newIdentities, filledUsers, unchanged, refused };
  await database.run((manager) =>
    audit.record(manager, { ...commandActor, action: 'users.imported', details }),
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
