import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { AuditLogService } from '../audit/audit-log.service.js';
import { isUuid } from '../validation/uuid.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { SessionEnding } from '../sessions/session-ending.js';
import { adminRole } from '../users/status/admins.js';
import { isRoleName } from '../users/status/role-name.js';
import {
  type RoleChange,
  type UserReference,
  UserStatusService,
} from '../users/status/user-status.service.js';
import { UserNotFoundError } from '../users/identities/user-not-found.error.js';
import { withDatabase } from './command-database.js';
import { CommandError, loadCommandSettings, readCommandLine, UsageError } from './command.js';

/** What the commands around roles are told. */
interface RoleOptions {
  reference: UserReference;
  role: string;
}

/**
 * Changes one role of one user, as the command line has it.
 *
 * @param name the npm script
 */
export async function changeRole<Outcome extends RoleChange>(
  name: string,
  change: (standing: UserStatusService, options: RoleOptions) => Promise<Outcome>,
): Promise<Outcome & { role: string }> {
  const options = readRoleOptions(
    `npm run ${name} -- (--user <id> | --appid <appid> --openid <openid>) [--role <name>]   (--role: admin unless named; --openid -: the openid comes from standard input)`,
  );
  const settings = loadCommandSettings();
  refuseUnknownApp(settings, options.reference);
  try {
    const outcome = await withDatabase(settings, (database) => {
      const audit = new AuditLogService(database);
      const ending = new SessionEnding(new RevocationsService(database), audit);
      return change(new UserStatusService(database, ending, audit), options);
    });
    return { ...outcome, role: options.role };
  } catch (error) {
    if (!(error instanceof UserNotFoundError)) throw error;
    throw new CommandError(
      'id' in options.reference
        ? 'There is no user with this id.'
        : 'Nobody has come with this openid to this mini-program yet: let them log in once.',
    );
  }
}

/** Says that /admin is closed to everybody: at the command line that may be meant. */
export function warnOfNoAdmin(): void {
  process.stderr.write(
    'Nobody can use /admin now. npm run admin:grant gives the role admin to somebody who has logged in once.\n',
  );
}

function readRoleOptions(usage: string): RoleOptions {
  const { values } = readCommandLine(usage, {
    options: {
      user: { type: 'string' },
      appid: { type: 'string' },
      openid: { type: 'string' },
      role: { type: 'string', default: adminRole },
    },
  });
  const refuse = (fault: string) => new UsageError(`${fault}. Usage: ${usage}`);
  const { user, appid, openid, role } = values;
  if (!isRoleName(role)) {
    throw refuse('--role takes 1 to 32 of a-z, 0-9, _ and -, a letter first');
  }
  if (user !== undefined) {
    if (appid !== undefined || openid !== undefined) {
      throw refuse('Give either --user, or --appid and --openid');
    }
    if (!isUuid(user)) throw refuse('--user takes the id of a user');
    return { reference: { id: user }, role };
  }
  if (!appid || !openid) throw refuse('Say who: --user, or --appid and --openid');
  return { reference: { appid, openid: openid === '-' ? readStandardInput() : openid }, role };
}

function refuseUnknownApp({ wechatApps }: Settings, reference: UserReference): void {
  if ('id' in reference || wechatApps.some(({ appid }) => appid === reference.appid)) return;
  const served = wechatApps.map(({ appid }) => appid).join(', ');
  throw new CommandError(`This appid is not served here. Served: ${served}.`);
}

/** Every user of the machine can read the command line of a process, and npm prints it. */
function readStandardInput(): string {
  return readFileSync(0, 'utf8').trim();
}
