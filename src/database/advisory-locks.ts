import { createHash } from 'node:crypto';

/**
 * Keys of the advisory locks, (class, object) as `pg_advisory_xact_lock` takes them. The class separates them from the
 * locks of other applications in the same database. Locks of transactions also work behind connection poolers.
 */
const lockClass = 0x77_65_61_70; // "weap"

export const advisoryLocks = {
  migrations: [lockClass, 1],
  signingKeys: [lockClass, 2],
  userImport: [lockClass, 3],
  jobs: [lockClass, 4],
  lastAdmin: [lockClass, 5],
} as const;

/** The class of locks that stand for a text each. */
const textLockClass = 0x77_65_61_71;

/** The key of a lock for a text, such as an address. Two texts may share a lock, and then wait for each other. */
export function lockKey(...parts: string[]): [number, number] {
  return [textLockClass, createHash('sha256').update(parts.join(' ')).digest().readInt32BE()];
}

export const takeAdvisoryLock = 'SELECT pg_advisory_xact_lock($1, $2)';

/** Returns one row without waiting: `taken` is true if this transaction got the lock. */
export const tryAdvisoryLock = 'SELECT pg_try_advisory_xact_lock($1, $2) AS taken';
