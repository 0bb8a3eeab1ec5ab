import { JwtService } from '@nestjs/jwt';
import { Audit } from '../audit/audit.js';
import { AccessTokens } from '../auth/access-tokens.js';
import { SigningKeys } from '../auth/signing-keys.js';
import { operatorTokenTtl } from '../config/token-lifetimes.js';
import { KeyRing } from '../crypto/key-ring.js';
import { isUuid } from '../http/uuid.js';
import { OperatorSessions } from '../users/operator-sessions.js';
import { withDatabase } from './command-database.js';
import { CommandError, loadCommandSettings, readCommandLine, runCommand, UsageError } from './command.js';

const usage = 'npm run admin:token -- --user <id>';

// `npm run admin:token`: prints an access token of a user's, alone, for ten minutes.
await runCommand(async () => {
  const { user } = readCommandLine(usage, { options: { user: { type: 'string' } } }).values;
  if (user === undefined || !isUuid(user)) throw new UsageError(`Say whose, by id. Usage: ${usage}`);

  const settings = loadCommandSettings();
  await withDatabase(settings, async (database) => {
    const keys = new SigningKeys(database, new KeyRing(settings.encryptionKeys));
    if ((await keys.load()) === 0) {
      throw new CommandError('There is no signing key yet. Start the service once, it makes one.');
    }
    const session = await new OperatorSessions(database, new Audit(database)).open(user, operatorTokenTtl);
    const token = new AccessTokens(new JwtService(), keys, settings).issue({
      ...session,
      lifetime: operatorTokenTtl,
    });
    process.stdout.write(`${token}\n`);
  });
});
