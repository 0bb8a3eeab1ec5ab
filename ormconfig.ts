import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { openingTrouble } from './src/commands/command-database.js';
import { reasonOf } from './src/commands/command.js';
import { databaseUrlFault } from './src/config/database-url.js';
import { readVariables } from './src/config/environment.js';
import { commandEnvironment } from './src/config/running-environment.js';
import { SettingsError } from './src/config/settings.error.js';
import { setUpConnection } from './src/database/connection-setup.js';
import { dataSourceOptions } from './src/database/data-source-options.js';
import { schema } from './src/schema.js';

/** Says what is wrong in words: TypeORM's command line would show a stack. */
function giveUp(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

/** @throws {SettingsError} */
function readDatabaseUrl(): string {
  const { values, faults } = readVariables(commandEnvironment().environment, ['DATABASE_URL']);
  const { DATABASE_URL: databaseUrl = '' } = values;
  const fault = databaseUrlFault(values['DATABASE_URL']);
  if (fault !== undefined && faults.length === 0) {
    const example = 'postgres://weapp:PASSWORD@127.0.0.1:5432/weapp';
    faults.push({ name: 'DATABASE_URL', fault, example });
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return databaseUrl;
}

let databaseUrl: string;
try {
  databaseUrl = readDatabaseUrl();
} catch (error) {
  giveUp(reasonOf(error));
}

class CommandLineDataSource extends DataSource {
  override async initialize(): Promise<this> {
    return super.initialize().catch((error: unknown) => giveUp(openingTrouble(error, databaseUrl)));
  }
}

/** For the TypeORM command line: `npm run migration:show` and its sisters. A migration may take as long as it takes. */
export default new CommandLineDataSource({
  ...dataSourceOptions(schema, { databaseUrl, databasePoolSize: 2 }),
  extra: { onConnect: setUpConnection },
});
