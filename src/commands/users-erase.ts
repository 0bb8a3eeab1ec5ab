import { Audit, commandActor } from '../audit/audit.js';
import { KeyRing } from '../crypto/key-ring.js';
import { isUuid } from '../http/uuid.js';
import { Revocations } from '../sessions/revocations.js';
import { Bans } from '../users/bans.js';
import { Dismissal } from '../users/dismissal.js';
import { Erasure } from '../users/erasure.js';
import { UserStanding } from '../users/user-standing.js';
import { UserNotFoundError } from '../users/users.errors.js';
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
      const audit = new Audit(database);
      const revocations = new Revocations(database);
      const standing = new UserStanding(database, revocations, audit);
      const erasure = new Erasure(database, new Bans(new KeyRing(settings.encryptionKeys)), audit);
      const hadAdmin = await standing.hasAdmin();
      await new Dismissal(standing, erasure).erase(userId, commandActor);
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
