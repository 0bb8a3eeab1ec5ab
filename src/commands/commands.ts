import type { Command } from './command.js';

/** A command in the list. Its code is loaded when it is called. */
interface ListedCommand {
  /** One line for `--help`. */
  summary: string;
  load: () => Promise<Command>;
}

/** All commands, in the order in which `weapp-auth --help` lists them. */
export const commands: Readonly<Record<string, ListedCommand>> = {
  doctor: {
    summary: 'Checks settings, database, clock and WeChat, and says what is wrong.',
    load: async () => (await import('./doctor.command.js')).doctor,
  },
  migrate: {
    summary: 'Brings the database up to date, as a node does when it starts.',
    load: async () => (await import('./migrate.command.js')).migrate,
  },
  'admin:grant': {
    summary: 'Gives a user a role.',
    load: async () => (await import('./admin-grant.command.js')).adminGrant,
  },
  'admin:revoke': {
    summary: 'Takes a role from a user.',
    load: async () => (await import('./admin-revoke.command.js')).adminRevoke,
  },
  'admin:token': {
    summary: 'Prints an access token of a user, valid for ten minutes.',
    load: async () => (await import('./admin-token.command.js')).adminToken,
  },
  'users:import': {
    summary: 'Imports users from a CSV file.',
    load: async () => (await import('./users-import.command.js')).usersImport,
  },
  'users:erase': {
    summary: 'Erases a user now, without a grace period.',
    load: async () => (await import('./users-erase.command.js')).usersErase,
  },
  'keys:rotate': {
    summary: 'Replaces the key that signs access tokens.',
    load: async () => (await import('./keys-rotate.command.js')).keysRotate,
  },
  'keys:reencrypt': {
    summary: 'Re-encrypts what is stored with the newest of the ENCRYPTION_KEYS.',
    load: async () => (await import('./keys-reencrypt.command.js')).keysReencrypt,
  },
  'webhooks:replay': {
    summary: 'Sends again what webhooks were told since a time.',
    load: async () => (await import('./webhooks-replay.command.js')).webhooksReplay,
  },
};
