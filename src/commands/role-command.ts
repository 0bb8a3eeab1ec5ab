import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { isUuid } from '../validation/uuid.js';
import { adminRole } from '../users/status/admins.js';
import { isRoleName } from '../users/status/role-name.js';
import {
  type RoleChange,
  type UserReference,
  UserStatusService,
} from '../users/status/user-status.service.js';
import { UserNotFoundError } from '../users/identities/user-not-found.error.js';
import { runInApplication } from './command-application.js';
import { type Arguments, CommandError, loadCommandSettings, UsageError } from './command.js';

const options = {
  user: { type: 'string' },
  appid: { type: 'string' },
  openid: { type: 'string' },
  role: { type: 'string', default: adminRole },
} as const;

/** The usage of the commands that change roles. */
export const roleArguments = {
  synopsis: '(--user <id> | --appid <appid> --openid <openid>) [--role <name>]',
  explanations: {
    '--user <id>': 'the user, by id',
    '--appid <appid>': 'the user, by the openid in one mini-program: the appid of that',
    '--openid <openid>':
      'the openid; - reads it from standard input, where no other user of the machine sees it',
    '--role <name>': `the role; ${adminRole} if it is not given`,
  },
  example: '--user 01a1fc0b-8543-769f-a0a8-36d8f00a7120',
  options,
};

/** The arguments of the commands that change roles. */
interface RoleOptions {
  reference: UserReference;
  role: string;
}

/** Changes one role of one user, as the arguments say. */
export async function changeRole<Outcome extends RoleChange>(
  values: Arguments<typeof options>['values'],
  change: (status: UserStatusService, options: RoleOptions) => Promise<Outcome>,
): Promise<Outcome & { role: string }> {
  const { reference, role } = readRoleOptions(values);
  const settings = loadCommandSettings();
  refuseUnknownApp(settings, reference);
  try {
    const outcome = await runInApplication(settings, [UserStatusService], (app) =>
      change(app.get(UserStatusService), { reference, role }),
    );
    return { ...outcome, role };
  } catch (error) {
    if (!(error instanceof UserNotFoundError)) throw error;
    throw new CommandError(
      'id' in reference
        ? 'There is no user with this id.'
        : 'Nobody has come with this openid to this mini-program yet: let them log in once.',
    );
  }
}

/** Warns that no user can use /admin. A command may cause this on purpose. */
export function warnOfNoAdmin(): void {
  process.stderr.write(
    'Nobody can use /admin now. npm run admin:grant gives the role admin to somebody who has logged in once.\n',
  );
}

function readRoleOptions({ user, appid, openid, role }: Arguments<typeof options>['values']): RoleOptions {
  if (!isRoleName(role)) {
    throw new UsageError('--role takes 1 to 32 of a-z, 0-9, _ and -, a letter first');
  }
  if (user !== undefined) {
    if (appid !== undefined || openid !== undefined) {
      throw new UsageError('Give either --user, or --appid and --openid');
    }
    if (!isUuid(user)) throw new UsageError('--user takes the id of a user');
    return { reference: { id: user }, role };
  }
  if (!appid || !openid) throw new UsageError('Say who: --user, or --appid and --openid');
  return { reference: { appid, openid: openid === '-' ? readStandardInput() : openid }, role };
}

function refuseUnknownApp({ wechatApps }: Settings, reference: UserReference): void {
  if ('id' in reference || wechatApps.some(({ appid }) => appid === reference.appid)) return;
  const served = wechatApps.map(({ appid }) => appid).join(', ');
  throw new CommandError(`This appid is not served here. Served: ${served}.`);
}

/** Other users of the machine can read the command line of a process, and npm prints it. */
function readStandardInput(): string {
  return readFileSync(0, 'utf8').trim();
}
