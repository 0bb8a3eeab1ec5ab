import { join, relative } from 'node:path';
import type { Launch } from './launch.js';
import { LocalError } from './local.error.js';
import type { LocalSettings } from './local-settings.js';
import { createDatabase, startPostgres } from './postgres.js';

const databaseName = 'weapp_auth';

/** The database that the service uses, and how to name it to a developer without telling the password. */
export interface LocalDatabase {
  url: string;
  description: string;
}

/** The developer's own Postgres where DATABASE_URL names one, else the embedded one. */
export async function openDatabase(launch: Launch, settings: LocalSettings): Promise<LocalDatabase> {
  if (settings.databaseUrl !== undefined) {
    return { url: settings.databaseUrl, description: 'the one in DATABASE_URL' };
  }
  const dataDirectory = join(settings.dataDirectory, 'postgres');
  const postgres = await startPostgres({ dataDirectory });
  void postgres.ended.then(() =>
    launch.fail(new LocalError(`Postgres has ended by itself: see ${postgres.logFile}`)),
  );
  launch.add({ stop: () => postgres.stop(), kill: () => postgres.stop('immediate') });
  await createDatabase(postgres, databaseName);
  return {
    url: postgres.url(databaseName),
    description: `postgresql://postgres@127.0.0.1:${postgres.port}/${databaseName} (password: ${relative('.', join(dataDirectory, 'password'))})`,
  };
}
