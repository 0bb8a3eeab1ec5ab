import { commandActor } from '../audit/audit.js';
import { runCommand } from './command.js';
import { changeRole } from './role-command.js';

// `npm run admin:revoke`: takes a role from a user.
await runCommand(async () => {
  const { userId, role, isChanged } = await changeRole(
    'admin:revoke',
    (standing, { reference, role: former }) => standing.revoke(reference, former, commandActor),
  );
  process.stdout.write(
    isChanged
      ? `User ${userId} no longer has the role ${role}. Access tokens that have it are refused within a second.\n`
      : `User ${userId} does not have the role ${role}; nothing was changed.\n`,
  );
});
