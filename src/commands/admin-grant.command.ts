import { setTimeout as sleep } from 'node:timers/promises';
import { commandActor } from '../audit/audit-log.service.js';
import { UserNotFoundError } from '../users/identities/user-not-found.error.js';
import { defineCommand, UsageError } from './command.js';
import { changeRole, roleArguments } from './role-command.js';

/** Milliseconds between two looks for a user who has not logged in yet. */
const lookIntervalMs = 1_000;

export const adminGrant = defineCommand({
  ...roleArguments,
  synopsis: `${roleArguments.synopsis} [--wait]`,
  explanations: {
    ...roleArguments.explanations,
    '--wait': 'waits for the first login of the user, instead of failing',
  },
  options: { ...roleArguments.options, wait: { type: 'boolean' } },
  async run({ values }) {
    if (values.wait && values.user !== undefined) {
      throw new UsageError('--wait goes with --appid and --openid: a user with an id has logged in before');
    }
    const { userId, role, isChanged } = await changeRole(values, (status, { reference, role: wanted }) => {
      const grant = () => status.grant(reference, wanted, commandActor);
      return values.wait ? repeatUntilFound(grant) : grant();
    });
    process.stdout.write(
      isChanged
        ? `User ${userId} now has the role ${role}.\n`
        : `User ${userId} has the role ${role} already; nothing was changed.\n`,
    );
  },
});

async function repeatUntilFound<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UserNotFoundError)) throw error;
      if (tries === 1) {
        process.stderr.write('Waiting for the first login of this user. Ctrl-C ends the wait.\n');
      }
      await sleep(lookIntervalMs);
    }
  }
}
