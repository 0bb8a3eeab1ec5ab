import 'reflect-metadata';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { explainDatabaseFailure, reasonOf } from './src/commands/command.js';
import { databaseUrlFault } from './src/config/database-url.js';
import { readVariables } from './src/config/environment.js';
import { commandEnvironment } from './src/config/running-environment.js';
import { SettingsError } from './src/config/settings.error.js';
import { setUpConnection } from './src/database/connection-setup.js';
import { dataSourceOptions } from './src/database/data-source-options.js';
import { takeOverMigrations } from './src/database/take-over-migrations.js';
import { schema } from './src/schema.js';

/** Says what is wrong in words: TypeORM's command line would show a stack. */
function giveUp(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

/** @throws {SettingsError} */
function readDatabaseSettings(): { databaseUrl: string; databaseSchema: string | undefined } {
  const { environment } = commandEnvironment();
  const { values, faults } = readVariables(environment, ['DATABASE_URL', 'DATABASE_SCHEMA']);
  const { DATABASE_URL: databaseUrl = '', DATABASE_SCHEMA: databaseSchema } = values;
  const fault = databaseUrlFault(values['DATABASE_URL']);
  if (fault !== undefined && faults.length === 0) {
    const example = 'postgres://weapp:PASSWORD@127.0.0.1:5432/weapp';
    faults.push({ name: 'DATABASE_URL', fault, example });
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return { databaseUrl, databaseSchema };
}

let settings: ReturnType<typeof readDatabaseSettings>;
try {
  settings = readDatabaseSettings();
} catch (error) {
  giveUp(reasonOf(error));
}

class CommandLineDataSource extends DataSource {
  override async initialize(): Promise<this> {
    try {
      await super.initialize();
      await takeOverMigrations(this);
      return this;
    } catch (error) {
      return giveUp(explainDatabaseFailure(error, settings.databaseUrl));
    }
  }
}

const place = { schema: settings.databaseSchema, makesSchema: true };

/** For the TypeORM command line: `npm run migration:show` and its sisters. A migration may take as long as it takes. */
export default new CommandLineDataSource({
  ...dataSourceOptions(schema, { ...settings, databasePoolSize: 2 }),
  extra: { onConnect: (client: PoolClient) => setUpConnection(client, place) },
});
