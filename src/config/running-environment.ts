import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type Environment, processEnvironment, readVariables } from './environment.js';

/** The settings of a command, and where they come from if not from the environment. */
export interface CommandEnvironment {
  environment: Environment;
  /** The file of a running `npm start`, whose settings these are. */
  file?: string;
}

/** Where `npm start` tells the commands, for as long as it runs, with what settings its service runs. */
export function runningEnvironmentFile(dataDirectory: string): string {
  return join(dataDirectory, 'environment');
}

/** What to tell whoever calls a command that finds neither settings nor a running `npm start`. */
export function missingLauncherHint(): string {
  const directory = dataDirectoryOf(processEnvironment());
  return `No npm start is running on ${directory}, whose settings this command would use. Run npm start in another terminal; if yours runs with a DATA_DIR, set the same one here, too.`;
}

function dataDirectoryOf(environment: Environment): string {
  return readVariables(environment, ['DATA_DIR']).values['DATA_DIR'] ?? '.data';
}

/**
 * What the commands of the operator run with: the environment like the service; or, where that names no database
 * or the one that belongs to a running `npm start`, the settings of that.
 */
export function commandEnvironment(): CommandEnvironment {
  const environment = processEnvironment();
  const { values } = readVariables(environment, ['DATABASE_URL']);
  const file = runningEnvironmentFile(dataDirectoryOf(environment));
  if (!existsSync(file)) return { environment };
  const running: Environment = parseEnv(readFileSync(file, 'utf8'));
  const { DATABASE_URL: databaseUrl = running['DATABASE_URL'] } = values;
  return databaseUrl === running['DATABASE_URL'] ? { environment: running, file } : { environment };
}
