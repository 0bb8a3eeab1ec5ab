import type { parseArgs } from 'node:util';
import { databaseUrlFault } from '../config/database-url.js';
import { readVariables } from '../config/environment.js';
import { SettingsError } from '../config/settings.error.js';
import { commandEnvironment, missingLauncherHint } from '../config/running-environment.js';
import type { Settings } from '../config/settings.js';
import { loadSettings } from '../config/load-settings.js';
import { ReadOnlyDatabaseError } from '../database/database.errors.js';
import { explainConnectionFailure } from '../database/explain-connection-failure.js';
import { ServiceError } from '../errors/service.error.js';
import { describeError } from '../errors/describe-error.js';

/** The options of a command by name, as `parseArgs` of Node takes them. */
export interface CommandOptions {
  readonly [name: string]: { readonly type: 'string' | 'boolean'; readonly default?: string };
}

/** The part of a command line after the name of the command. */
export type Arguments<Options extends CommandOptions> = Pick<
  ReturnType<typeof parseArgs<{ options: Options; strict: true; allowPositionals: true }>>,
  'values' | 'positionals'
>;

/** One command of `weapp-auth`. */
export interface Command<Options extends CommandOptions = CommandOptions> {
  /** The usage of its arguments: `--user <id>`. */
  readonly synopsis: string;
  /** Each argument, and what it means. */
  readonly explanations: Readonly<Record<string, string>>;
  /** Example arguments. */
  readonly example: string;
  readonly options: Options;
  /** Whether it takes values without an option, such as the name of a file. */
  readonly allowPositionals?: boolean;

  /**
   * @returns the exit code, 0 if it says nothing
   * @throws {UsageError}
   * @throws {CommandError}
   */
  run(given: Arguments<Options>): Promise<number | void>;
}

/** Checks the type of `run` against `options`; the result has a type without them. */
export function defineCommand<const Options extends CommandOptions>(command: Command<Options>): Command {
  return command;
}

/** A command was called wrongly. The message is one sentence without its full stop; the usage is printed after it. */
export class UsageError extends Error {}

/** A command cannot do its work. The message says why, in one line. */
export class CommandError extends Error {}

/**
 * The settings: those of the environment, or of an `npm start` that runs in this directory.
 *
 * @throws {SettingsError}
 */
export function loadCommandSettings(): Settings {
  const { environment, file } = commandEnvironment();
  if (file === undefined) return loadSettings(environment);
  process.stderr.write(`Settings: those of the running npm start (${file}).\n`);
  return loadSettings(environment, { allowEmulator: true });
}

/**
 * The URL of the database and the schema of the tables, for a command that needs no other setting.
 *
 * @throws {SettingsError}
 */
export function loadDatabaseSettings(): { databaseUrl: string; databaseSchema: string | undefined } {
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

/** Whether no setting names the database, as on a developer's machine. */
export function isWithoutDatabase({ faults }: SettingsError): boolean {
  return faults.some(({ name, fault }) => name === 'DATABASE_URL' && fault.startsWith('is required'));
}

/** The text of an error for the caller of a command. It contains no values of rows or requests. */
export function reasonOf(error: unknown): string {
  if (error instanceof SettingsError) {
    return isWithoutDatabase(error) ? `${error.message}\n${missingLauncherHint()}` : error.message;
  }
  if (
    error instanceof CommandError ||
    error instanceof ServiceError ||
    error instanceof ReadOnlyDatabaseError
  ) {
    return error.message;
  }
  // An error of the file system: its message names the file and the fault.
  if (error instanceof Error && 'syscall' in error) return `${error.message}.`;
  return `This was not expected: ${JSON.stringify(describeError(error))}`;
}

/** Why the database cannot be used, and what to do. */
export function explainDatabaseFailure(error: unknown, databaseUrl: string): string {
  return (
    explainConnectionFailure(error, databaseUrl) ??
    `The database cannot be used: ${describeError(error).message}.`
  );
}
