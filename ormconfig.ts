import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { processEnvironment, readVariables } from './src/config/environment.js';
import { SettingsError } from './src/config/settings.error.js';
import { dataSourceOptions } from './src/database/data-source-options.js';
import { schema } from './src/schema.js';

const { values, faults } = readVariables(processEnvironment(), ['DATABASE_URL']);
const databaseUrl = values['DATABASE_URL'];
if (databaseUrl === undefined) {
  faults.push({
    name: 'DATABASE_URL',
    fault: 'is required',
    example: 'postgres://weapp:PASSWORD@127.0.0.1:5432/weapp',
  });
  throw new SettingsError(faults);
}

/** For the TypeORM command line: `npm run migration:show` and its sisters. */
export default new DataSource(dataSourceOptions(schema, { databaseUrl, databasePoolSize: 2 }));
