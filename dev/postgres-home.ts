import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LocalError, errorCode } from './local.error.js';
import { type Account, canReach } from './postgres-account.js';

/**
 * The directory that holds the cluster (and a copy of the binaries where one is needed). It is the data directory
 * itself, unless the account cannot reach that: a checkout below root's own 0700 directory. Then it lies outside,
 * and the data directory's `cluster` is a link that says where.
 */
export function chooseHome(dataDirectory: string, account: Account): string {
  const cluster = join(dataDirectory, 'cluster');
  const entry = lstatSync(cluster, { throwIfNoEntry: false });
  if (entry?.isSymbolicLink()) {
    const home = dirname(readlinkSync(cluster));
    if (existsSync(home)) return checked(home);
    // The system has cleared its temporary directory, say.
    rmSync(cluster);
  } else if (canReach(account, dataDirectory)) {
    return dataDirectory;
  }
  const home = makeHome(dataDirectory, account);
  if (existsSync(cluster)) move(cluster, join(home, 'cluster'));
  symlinkSync(join(home, 'cluster'), cluster);
  return home;
}

/** A home of this data directory that lies outside it, if there is one. */
export function homeElsewhere(dataDirectory: string): string | undefined {
  const cluster = join(dataDirectory, 'cluster');
  const entry = lstatSync(cluster, { throwIfNoEntry: false });
  return entry?.isSymbolicLink() ? dirname(readlinkSync(cluster)) : undefined;
}

/** The random part of the name keeps anyone from being there first; the hash tells a reader whose it is. */
function makeHome(dataDirectory: string, account: Account): string {
  const hash = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 12);
  for (const base of new Set(['/var/lib', '/var/tmp', tmpdir()])) {
    if (!existsSync(base) || !canReach(account, base)) continue;
    try {
      const home = mkdtempSync(join(base, `weapp-auth-${hash}-`));
      chmodSync(home, 0o755);
      return home;
    } catch {
      // Not writable: try the next.
    }
  }
  throw new LocalError(
    `Postgres does not run as root, and the user it would run as cannot reach ${dataDirectory}, /var/lib, /var/tmp or ${tmpdir()}. Start this as a normal user, or set DATA_DIR to a directory that all users may enter.`,
  );
}

function checked(home: string): string {
  const { uid, mode } = lstatSync(home);
  const isOurs = uid === process.getuid?.();
  if (isOurs && (mode & 0o022) === 0) return home;
  throw new LocalError(
    isOurs
      ? `${home}, which holds the Postgres cluster, may be written by other users. Take that right away: chmod 755 ${home}`
      : `${home}, which holds the Postgres cluster, belongs to the user with the number ${uid}: start this as that user.`,
  );
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    rmSync(from, { recursive: true });
  }
}
