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

export const takeAdvisoryLock = 'SELECT pg_advisory_xact_lock($1, $2)';

/** Returns one row without waiting: `taken` is true if this transaction got the lock. */
export const tryAdvisoryLock = 'SELECT pg_try_advisory_xact_lock($1, $2) AS taken';
