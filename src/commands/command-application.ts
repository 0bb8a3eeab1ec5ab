import type { INestApplicationContext, Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { DatabaseUnavailableError, NamedStatementsLostError } from '../database/database.errors.js';
import { CommandError, explainDatabaseFailure } from './command.js';
import { CommandsModule } from './commands.module.js';

/**
 * Runs `work` in a Nest application without routes. All migrations of this version must have run: only the command
 * `migrate` runs them, because another version of the service may be running.
 *
 * @param services the services that `work` gets from the application
 * @throws {CommandError} if the database cannot be used, and what to do
 */
export async function runInApplication<Result>(
  settings: Settings,
  services: Provider[],
  work: (app: INestApplicationContext) => Promise<Result>,
): Promise<Result> {
  const app = await openApplication(settings, services);
  try {
    await assertUsable(app.get(Database), settings);
    return await work(app);
  } catch (error) {
    throw explainError(error, settings);
  } finally {
    await app.close();
  }
}

/**
 * Starts the application of `runInApplication`, but does not check the schema. The caller closes it.
 *
 * @throws {CommandError} if the database cannot be reached
 */
export async function openApplication(
  settings: Settings,
  services: Provider[],
): Promise<INestApplicationContext> {
  try {
    const app = await NestFactory.createApplicationContext(CommandsModule.register(settings, services), {
      abortOnError: false,
      // An error of the start is thrown, and the command explains it.
      logger: false,
    });
    app.useLogger(['error']);
    return app;
  } catch (error) {
    throw explainError(error, settings);
  }
}

async function assertUsable(database: Database, { databaseNamedStatements }: Settings): Promise<void> {
  if (databaseNamedStatements && (await database.sharesConnections())) {
    throw new CommandError(`${new NamedStatementsLostError().message}.`);
  }
  const missing = await database.missingMigrations();
  if (missing.length > 0) {
    throw new CommandError(
      `The database is not up to date: ${missing.join(', ')} has not run. Start the service of this version or run weapp-auth migrate: either migrates.`,
    );
  }
}

function explainError(error: unknown, { databaseUrl }: Settings): unknown {
  return error instanceof DatabaseUnavailableError
    ? new CommandError(explainDatabaseFailure(error.cause, databaseUrl))
    : error;
}
