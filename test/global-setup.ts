import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { removePostgres, startPostgres } from '../dev/postgres.js';
import { dataSourceOptions } from '../src/database/data-source-options.js';
import { migrate } from '../src/database/migrate.js';
import { schema } from '../src/schema.js';
import { TestDatabase } from './harness/database.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URL of the Postgres that all files share; each makes databases of its own in it. */
    postgresUrl: string;
    /** Name of a database with the schema of this version, to be copied: a copy takes a tenth of the migrations' time. */
    templateDatabase: string;
  }
}

/** One Postgres for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-test-'));
  const postgres = await startPostgres({
    dataDirectory,
    // Nothing here has to outlive the machine's power; what happens to fsync'ed data has a test of its own.
    // Tests write '90 days' for a number of seconds, which it is not where summer time begins or ends in between.
    settings: { fsync: 'off', max_connections: '200', timezone: 'UTC' },
  });
  const serverUrl = postgres.url('postgres');
  const template = await TestDatabase.create(serverUrl);
  await migrate(dataSourceOptions(schema, { databaseUrl: template.url, databasePoolSize: 2 }));
  project.provide('postgresUrl', serverUrl);
  project.provide('templateDatabase', template.name);
  return async () => {
    await postgres.stop();
    removePostgres(dataDirectory);
  };
}
