import { JwtService } from '@nestjs/jwt';
import { AccessTokensService } from '../auth/access-tokens.service.js';
import { SigningKeysService } from '../auth/signing-keys.service.js';
import { operatorTokenTtl } from '../config/token-lifetimes.js';
import { isUuid } from '../validation/uuid.js';
import { OperatorSessionsService } from '../users/sign-in/operator-sessions.service.js';
import { runInApplication } from './command-application.js';
import { CommandError, defineCommand, loadCommandSettings, UsageError } from './command.js';

const services = [JwtService, SigningKeysService, AccessTokensService, OperatorSessionsService];

/** Prints the token alone, for scripts. */
export const adminToken = defineCommand({
  synopsis: '--user <id>',
  explanations: { '--user <id>': 'the user' },
  example: '--user 01a1fc0b-8543-769f-a0a8-36d8f00a7120',
  options: { user: { type: 'string' } },
  async run({ values: { user } }) {
    if (user === undefined || !isUuid(user)) throw new UsageError('Say whose, by id');

    await runInApplication(loadCommandSettings(), services, async (app) => {
      if ((await app.get(SigningKeysService).load()) === 0) {
        throw new CommandError('There is no signing key yet. Start the service once, it makes one.');
      }
      const session = await app.get(OperatorSessionsService).open(user, operatorTokenTtl);
      const token = app.get(AccessTokensService).issue({ ...session, lifetime: operatorTokenTtl });
      process.stdout.write(`${token}\n`);
    });
  },
});
