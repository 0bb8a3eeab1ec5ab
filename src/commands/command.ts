import 'reflect-metadata';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { commandEnvironment, missingLauncherHint } from '../config/running-environment.js';
import type { Settings } from '../config/settings.js';
import { loadSettings } from '../config/load-settings.js';
import { SettingsError } from '../config/settings.error.js';
import { ReadOnlyDatabaseError } from '../database/database.errors.js';
import { ServiceError } from '../errors/service.error.js';
import { describeError } from '../errors/describe-error.js';

/** A command was called wrongly. The message is one line. */
export class UsageError extends Error {}

/** `--help`: how a command is called. The message is one line. */
class HelpRequest extends Error {}

/** A command cannot do what it was asked, and says why in one line. */
export class CommandError extends Error {}

/**
 * Runs a command to its end. Exit codes: 0 done, 1 failed (or what `work` gives), 2 called wrongly. What goes
 * wrong is told on standard error, in one message without a stack wherever it could be expected.
 */
export async function runCommand(work: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (error instanceof HelpRequest) {
      process.stdout.write(`${error.message}\n`);
      return;
    }
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/**
 * Reads the command line. `--help` in it ends the command with its usage.
 *
 * @param usage how the command is meant to be called, told beside what is wrong
 * @throws {UsageError}
 */
export function readCommandLine<Config extends ParseArgsConfig>(
  usage: string,
  config: Config,
): ReturnType<typeof parseArgs<Config & { strict: true }>> {
  if (process.argv.slice(2).includes('--help')) throw new HelpRequest(`Usage: ${usage}`);
  try {
    return parseArgs({ strict: true, ...config });
  } catch (error) {
    // The message goes on with hints for programmers, and may quote what was written: an openid, say.
    const message = {
      ERR_PARSE_ARGS_UNKNOWN_OPTION: /^Unknown option '-[-\w]*'/.exec((error as Error).message)?.[0],
      ERR_PARSE_ARGS_INVALID_OPTION_VALUE: /^Option '[^']*'/
        .exec((error as Error).message)?.[0]
        ?.concat(' lacks its value'),
      ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: 'Every value needs its option before it',
    }[(error as { code: string }).code];
    throw new UsageError(`${message ?? 'The options are not understood'}. Usage: ${usage}`);
  }
}

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

/** Whether nobody has said where the database is, as on a developer's machine. */
export function isWithoutDatabase({ faults }: SettingsError): boolean {
  return faults.some(({ name, fault }) => name === 'DATABASE_URL' && fault.startsWith('is required'));
}

/** What whoever called the command reads last. Values of rows and requests are in none of it. */
export function reasonOf(error: unknown): string {
  if (error instanceof SettingsError) {
    return isWithoutDatabase(error) ? `${error.message}\n${missingLauncherHint()}` : error.message;
  }
  if (
    error instanceof UsageError ||
    error instanceof CommandError ||
    error instanceof ServiceError ||
    error instanceof ReadOnlyDatabaseError
  ) {
    return error.message;
  }
  // Of the file system: which file, and what about it.
  if (error instanceof Error && 'syscall' in error) return `${error.message}.`;
  return `This was not expected: ${JSON.stringify(describeError(error))}`;
}
