import { cpSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';

/** A server in recovery: it answers questions and takes no writes. */
export interface Standby {
  port: number;
  stop(): Promise<void>;
}

/** Starts a standby from a copy of the data directory of a primary, which must be stopped. */
export async function startStandby(primaryDirectory: string): Promise<Standby> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-standby-'));
  cpSync(realpathSync(join(primaryDirectory, 'cluster')), join(dataDirectory, 'cluster'), {
    recursive: true,
    preserveTimestamps: true,
  });
  cpSync(join(primaryDirectory, 'password'), join(dataDirectory, 'password'));
  writeFileSync(join(dataDirectory, 'cluster', 'standby.signal'), '');
  const postgres: Postgres = await startPostgres({ dataDirectory });
  return {
    port: postgres.port,
    stop: async () => {
      await postgres.stop();
      removePostgres(dataDirectory);
    },
  };
}
