import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { AuditLogService } from '../../src/audit/audit-log.service.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { Database } from '../../src/database/database.js';
import { schema } from '../../src/schema.js';
import { RefreshGrace } from '../../src/sessions/refresh-grace.js';
import { RevocationsService } from '../../src/sessions/revocations.service.js';
import { SessionEnding } from '../../src/sessions/session-ending.js';
import { SessionLimitJob } from '../../src/sessions/session-limit.job.js';
import { createMigratedDatabase } from '../harness/world.js';

it('the job that limits sessions has nothing to do before the first login', async () => {
  const testDatabase = await createMigratedDatabase();
  const options = dataSourceOptions(schema, { databaseUrl: testDatabase.url, databasePoolSize: 2 });
  const dataSource = await new DataSource(options).initialize();
  const settings = new Settings();
  const database = new Database(dataSource, settings);
  const job = new SessionLimitJob(
    new SessionEnding(
      new RevocationsService(database, new RefreshGrace(settings), settings),
      new AuditLogService(database),
    ),
    settings,
  );
  await expect(database.transaction((tx) => job.runBatch(tx))).resolves.toBe(false);
  await database.onApplicationShutdown();
  await dataSource.destroy();
  await testDatabase.drop();
});
