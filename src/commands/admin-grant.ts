import { runCommand } from './command.js';
import { changeRole } from './role-command.js';

// `npm run admin:grant`: gives a user a role.
await runCommand(async () => {
  const { userId, role, isChanged } = await changeRole('admin:grant', (roles, { reference, role: wanted }) =>
    roles.grant(reference, wanted),
  );
  process.stdout.write(
    isChanged
      ? `User ${userId} now has the role ${role}.\n`
      : `User ${userId} has the role ${role} already; nothing was changed.\n`,
  );
});
