import { commandActor } from '../audit/audit-log.service.js';
import { runCommand } from './command.js';
import { adminRole } from '../users/status/admins.js';
import { changeRole, warnOfNoAdmin } from './role-command.js';

// `npm run admin:revoke`: takes a role from a user.
await runCommand(async () => {
  const { userId, role, isChanged, hasAdmin } = await changeRole(
    'admin:revoke',
    async (standing, { reference, role: former }) => ({
      ...(await standing.revoke(reference, former, commandActor)),
      hasAdmin: await standing.hasAdmin(),
    }),
  );
  process.stdout.write(
    isChanged
      ? `User ${userId} no longer has the role ${role}. Access tokens that have it are refused within a second.\n`
      : `User ${userId} does not have the role ${role}; nothing was changed.\n`,
  );
  if (isChanged && role === adminRole && !hasAdmin) warnOfNoAdmin();
});
