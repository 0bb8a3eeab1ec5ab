import { commandActor } from '../audit/audit-log.service.js';
import { defineCommand } from './command.js';
import { changeRole, roleArguments } from './role-command.js';

export const adminGrant = defineCommand({
  ...roleArguments,
  async run({ values }) {
    const { userId, role, isChanged } = await changeRole(values, (status, { reference, role: wanted }) =>
      status.grant(reference, wanted, commandActor),
    );
    process.stdout.write(
      isChanged
        ? `User ${userId} now has the role ${role}.\n`
        : `User ${userId} has the role ${role} already; nothing was changed.\n`,
    );
  },
});
