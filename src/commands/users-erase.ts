import { AuditLogService, commandActor } from '../audit/audit-log.service.js';
import { KeyRing } from '../crypto/key-ring.js';
import { isUuid } from '../validation/uuid.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { SessionEnding } from '../sessions/session-ending.js';
import { BansService } from '../users/status/bans.service.js';
import { ImmediateErasureService } from '../users/deletion/immediate-erasure.service.js';
import { ErasureService } from '../users/deletion/erasure.service.js';
import { UserStatusService } from '../users/status/user-status.service.js';
import { UserNotFoundError } from '../users/identities/user-not-found.error.js';
import { withDatabase } from './command-database.js';
import { CommandError, loadCommandSettings, readCommandLine, runCommand, UsageError } from './command.js';
import { warnOfNoAdmin } from './role-command.js';

const usage = 'npm run users:erase -- <id>';

// `npm run users:erase`: erases a user without grace.
await runCommand(async () => {
  const { positionals } = readCommandLine(usage, { allowPositionals: true, options: {} });
  const [userId, ...others] = positionals;
  if (userId === undefined || others.length > 0) throw new UsageError(`Name one user. Usage: ${usage}`);
  if (!isUuid(userId)) throw new UsageError(`That is not the id of a user. Usage: ${usage}`);
  const settings = loadCommandSettings();
  let closesAdmin: boolean;
  try {
    closesAdmin = await withDatabase(settings, async (database) => {
      const audit = new AuditLogService(database);
      const ending = new SessionEnding(new RevocationsService(database), audit);
      const standing = new UserStatusService(database, ending, audit);
      const erasure = new ErasureService(
        database,
        new BansService(new KeyRing(settings.encryptionKeys)),
        audit,
      );
      const hadAdmin = await standing.hasAdmin();
      await new ImmediateErasureService(standing, erasure).eraseNow(userId, commandActor);
      return hadAdmin && !(await standing.hasAdmin());
    });
  } catch (error) {
    if (!(error instanceof UserNotFoundError)) throw error;
    throw new CommandError('There is no user with this id.');
  }
  // Files are where the service is, which may be another machine.
  process.stdout.write(
    `User ${userId} is erased. The service removes the file of their avatar within a minute or two.\n`,
  );
  if (closesAdmin) warnOfNoAdmin();
});
