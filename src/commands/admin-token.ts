import { JwtService } from '@nestjs/jwt';
import { AuditLogService } from '../audit/audit-log.service.js';
import { AccessTokensService } from '../auth/access-tokens.service.js';
import { SigningKeysService } from '../auth/signing-keys.service.js';
import { operatorTokenTtl } from '../config/token-lifetimes.js';
import { DatabaseClock } from '../database/database-clock.js';
import { KeyRing } from '../crypto/key-ring.js';
import { isUuid } from '../validation/uuid.js';
import { OperatorSessionsService } from '../users/sign-in/operator-sessions.service.js';
import { withDatabase } from './command-database.js';
import { CommandError, loadCommandSettings, readCommandLine, runCommand, UsageError } from './command.js';

const usage = 'npm run admin:token -- --user <id>';

// `npm run admin:token`: prints an access token of a user's, alone, for ten minutes.
await runCommand(async () => {
  const { user } = readCommandLine(usage, { options: { user: { type: 'string' } } }).values;
  if (user === undefined || !isUuid(user)) throw new UsageError(`Say whose, by id. Usage: ${usage}`);

  const settings = loadCommandSettings();
  await withDatabase(settings, async (database) => {
    const clock = new DatabaseClock(database);
    const keys = new SigningKeysService(database, clock, new KeyRing(settings.encryptionKeys));
    if ((await keys.load()) === 0) {
      throw new CommandError('There is no signing key yet. Start the service once, it makes one.');
    }
    const session = await new OperatorSessionsService(database, new AuditLogService(database)).open(
      user,
      operatorTokenTtl,
    );
    const token = new AccessTokensService(new JwtService(), keys, clock, settings).issue({
      ...session,
      lifetime: operatorTokenTtl,
    });
    process.stdout.write(`${token}\n`);
  });
});
