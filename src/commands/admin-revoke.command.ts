import { commandActor } from '../audit/audit-log.service.js';
import { adminRole } from '../users/status/admins.js';
import { defineCommand } from './command.js';
import { changeRole, roleArguments, warnOfNoAdmin } from './role-command.js';

export const adminRevoke = defineCommand({
  ...roleArguments,
  async run({ values }) {
    const { userId, role, isChanged, hasAdmin } = await changeRole(
      values,
      async (status, { reference, role: former }) => ({
        ...(await status.revoke(reference, former, commandActor)),
        hasAdmin: await status.hasAdmin(),
      }),
    );
    process.stdout.write(
      isChanged
        ? `User ${userId} no longer has the role ${role}. Access tokens that have it are refused within a second.\n`
        : `User ${userId} does not have the role ${role}; nothing was changed.\n`,
    );
    if (isChanged && role === adminRole && !hasAdmin) warnOfNoAdmin();
  },
});
