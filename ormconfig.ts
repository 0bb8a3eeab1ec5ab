import 'reflect-metadata';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { explainDatabaseFailure, loadDatabaseSettings, reasonOf } from './src/commands/command.js';
import { setUpConnection } from './src/database/connection-setup.js';
import { dataSourceOptions } from './src/database/data-source-options.js';
import { takeOverMigrations } from './src/database/take-over-migrations.js';
import { schema } from './src/schema.js';

/** Says what is wrong in words: TypeORM's command line would show a stack. */
function giveUp(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

let settings: ReturnType<typeof loadDatabaseSettings>;
try {
  settings = loadDatabaseSettings();
} catch (error) {
  giveUp(reasonOf(error));
}

class CommandLineDataSource extends DataSource {
  override async initialize(): Promise<this> {
    try {
      await super.initialize();
      await takeOverMigrations(this);
    } catch (error) {
      return giveUp(explainDatabaseFailure(error, settings.databaseUrl));
    }
    return this;
  }
}

const place = { schema: settings.databaseSchema, makesSchema: true };

/** For the TypeORM command line: `npm run migration:show` and its sisters. A migration may take as long as it takes. */
export default new CommandLineDataSource({
  ...dataSourceOptions(schema, { ...settings, databasePoolSize: 2 }),
  extra: { onConnect: (client: PoolClient) => setUpConnection(client, place) },
});
