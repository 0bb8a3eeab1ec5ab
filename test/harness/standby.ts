import { cpSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';

/** A server in recovery: it answers questions and takes no writes. */
export interface Standby {
  port: number;
  logFile: string;
  url(database: string): string;
  stop(): Promise<void>;
}

/**
 * Starts a standby from a copy of the data directory of a primary, which must be stopped.
 *
 * @param settings of the server: with `followingSettings`, it follows the primary once that is up again
 */
export async function startStandby(
  primaryDirectory: string,
  settings: Record<string, string> = {},
): Promise<Standby> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-standby-'));
  cpSync(realpathSync(join(primaryDirectory, 'cluster')), join(dataDirectory, 'cluster'), {
    recursive: true,
    preserveTimestamps: true,
  });
  cpSync(join(primaryDirectory, 'password'), join(dataDirectory, 'password'));
  writeFileSync(join(dataDirectory, 'cluster', 'standby.signal'), '');
  const postgres: Postgres = await startPostgres({ dataDirectory, settings });
  return {
    port: postgres.port,
    logFile: postgres.logFile,
    url: (database) => postgres.url(database),
    stop: async () => {
      await postgres.stop();
      removePostgres(dataDirectory);
    },
  };
}

/** With these a standby streams from a primary, and tries again soon if it is not there. */
export function followingSettings(primary: Postgres): Record<string, string> {
  return { primary_conninfo: primary.url('postgres'), wal_retrieve_retry_interval: '100ms' };
}
