import { chownSync, lchownSync, readFileSync, realpathSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LocalError } from './local.error.js';

/** The user that Postgres runs as, in the terms of child_process.spawn. Empty: the one we are. */
export interface Account {
  uid?: number;
  gid?: number;
}

/**
 * Postgres refuses to run as root. There it runs as the owner of the cluster, so that a cluster made by a normal
 * user stays usable for that user, and as `nobody` where there is no cluster yet.
 */
export function accountFor(cluster: string): Account {
  if (process.getuid?.() !== 0) return {};
  const owner = statSync(cluster, { throwIfNoEntry: false });
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody();
}

/** Whether the account may enter a directory, or read and run a file: all directories above it included. */
export function canReach(account: Account, path: string): boolean {
  if (account.uid === undefined) return true;
  const target = realpathSync(path);
  for (let parent = dirname(target); ; parent = dirname(parent)) {
    if (!permits(account, parent, 0o1)) return false;
    if (parent === dirname(parent)) break;
  }
  return permits(account, target, 0o5);
}

/** Gives a path, and with `recursive` all below it, to the account. */
export function giveTo(account: Account, path: string, options: { recursive?: boolean } = {}): void {
  if (account.uid === undefined || account.gid === undefined) return;
  chownSync(path, account.uid, account.gid);
  if (!options.recursive) return;
  for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(path, entry), account.uid, account.gid);
  }
}

function permits({ uid, gid }: Account, path: string, wanted: number): boolean {
  const { mode, uid: owner, gid: group } = statSync(path);
  const shift = owner === uid ? 6 : group === gid ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

function nobody(): Account {
  const entry = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(-?\d+):(-?\d+):/m);
  if (!entry) {
    throw new LocalError(
      'Postgres does not run as root, and there is no user "nobody" to run it as. Start this as a normal user, or set DATABASE_URL to a Postgres of your own.',
    );
  }
  // macOS writes -2 for what the system calls take as an unsigned number.
  return { uid: Number(entry[1]) >>> 0, gid: Number(entry[2]) >>> 0 };
}
