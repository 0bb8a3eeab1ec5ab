import { commandActor } from '../audit/audit-log.service.js';
import { isUuid } from '../validation/uuid.js';
import { BansService } from '../users/status/bans.service.js';
import { ImmediateErasureService } from '../users/deletion/immediate-erasure.service.js';
import { ErasureService } from '../users/deletion/erasure.service.js';
import { UserStatusService } from '../users/status/user-status.service.js';
import { UserNotFoundError } from '../users/identities/user-not-found.error.js';
import { runInApplication } from './command-application.js';
import { CommandError, defineCommand, loadCommandSettings, UsageError } from './command.js';
import { warnOfNoAdmin } from './role-command.js';

const services = [BansService, ErasureService, ImmediateErasureService, UserStatusService];

export const usersErase = defineCommand({
  synopsis: '<id>',
  explanations: { '<id>': 'the user; nothing brings an erased user back' },
  example: '01a1fc0b-8543-769f-a0a8-36d8f00a7120',
  options: {},
  allowPositionals: true,
  async run({ positionals: [userId, ...others] }) {
    if (userId === undefined || others.length > 0) throw new UsageError('Name one user');
    if (!isUuid(userId)) throw new UsageError('That is not the id of a user');
    const closesAdmin = await eraseUser(userId);
    // The service has the files. It may run on another machine.
    process.stdout.write(
      `User ${userId} is erased. The service removes the file of their avatar within a minute or two.\n`,
    );
    if (closesAdmin) warnOfNoAdmin();
  },
});

/** @returns whether the user was the last admin */
async function eraseUser(userId: string): Promise<boolean> {
  try {
    return await runInApplication(loadCommandSettings(), services, async (app) => {
      const status = app.get(UserStatusService);
      const hadAdmin = await status.hasAdmin();
      await app.get(ImmediateErasureService).eraseNow(userId, commandActor);
      return hadAdmin && !(await status.hasAdmin());
    });
  } catch (error) {
    if (!(error instanceof UserNotFoundError)) throw error;
    throw new CommandError('There is no user with this id.');
  }
}
