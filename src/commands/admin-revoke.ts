import { runCommand } from './command.js';
import { changeRole } from './role-command.js';

// `npm run admin:revoke`: takes a role from a user.
await runCommand(async () => {
  const { userId, role, isChanged } = await changeRole('admin:revoke', (roles, { reference, role: former }) =>
    roles.revoke(reference, former),
  );
  process.stdout.write(
    isChanged
      ? `User ${userId} no longer has the role ${role}. Access tokens that are out keep it until they expire.\n`
      : `User ${userId} does not have the role ${role}; nothing was changed.\n`,
  );
});
