import { dataSourceOptions } from '../database/data-source-options.js';
import { migrate as migrateDatabase } from '../database/migrate.js';
import { schema } from '../schema.js';
import { CommandError, defineCommand, explainDatabaseFailure, loadDatabaseSettings } from './command.js';

/**
 * Runs the migrations, as a node does when it starts, for deployments that migrate first. It needs only `DATABASE_URL` and
 * `DATABASE_SCHEMA`. It uses no Nest application, because the modules expect a schema that is up to date.
 */
export const migrate = defineCommand({
  synopsis: '',
  explanations: {},
  example: '',
  options: {},
  async run() {
    const settings = loadDatabaseSettings();
    try {
      await migrateDatabase(dataSourceOptions(schema, { ...settings, databasePoolSize: 1 }));
    } catch (error) {
      throw new CommandError(explainDatabaseFailure(error, settings.databaseUrl));
    }
    process.stdout.write('The database is up to date: all migrations of this version have run.\n');
  },
});
