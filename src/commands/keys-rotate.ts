import { AuditLogService } from '../audit/audit-log.service.js';
import { KeyRotationService, publicationSeconds } from '../auth/key-rotation.service.js';
import { KeyRing } from '../crypto/key-ring.js';
import { withDatabase } from './command-database.js';
import { loadCommandSettings, readCommandLine, runCommand } from './command.js';

const usage = 'npm run keys:rotate [-- --now]';

// `npm run keys:rotate`: a new key for access tokens; with --now the ones before it are refused at once.
await runCommand(async () => {
  const { now: compromised } = readCommandLine(usage, { options: { now: { type: 'boolean' } } }).values;
  const settings = loadCommandSettings();
  await withDatabase(settings, async (database) => {
    const rotation = new KeyRotationService(
      database,
      new AuditLogService(database),
      settings,
      new KeyRing(settings.encryptionKeys),
    );
    if (compromised === true) {
      const { kid } = await rotation.replaceCompromised();
      process.stdout.write(
        `The key ${kid} signs from now on.\n` +
          `Within ${publicationSeconds} seconds every node refuses the tokens of all other keys; clients get new ones by a refresh or a login.\n`,
      );
      return;
    }
    const { kid, activeFrom, retiredAt } = await rotation.rotate();
    process.stdout.write(
      `The key ${kid} is published within ${publicationSeconds} seconds, and signs from ${activeFrom.toISOString()} on.\n` +
        `The key before it stays good until ${retiredAt.toISOString()}, when the last of its tokens has expired.\n`,
    );
  });
});
