import { commandActor } from '../audit/audit-log.service.js';
import { runCommand } from './command.js';
import { changeRole } from './role-command.js';

// `npm run admin:grant`: gives a user a role.
await runCommand(async () => {
  const { userId, role, isChanged } = await changeRole(
    'admin:grant',
    (standing, { reference, role: wanted }) => standing.grant(reference, wanted, commandActor),
  );
  process.stdout.write(
    isChanged
      ? `User ${userId} now has the role ${role}.\n`
      : `User ${userId} has the role ${role} already; nothing was changed.\n`,
  );
});
