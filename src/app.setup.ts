import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { explainConnectionFailure } from './database/explain-connection-failure.js';
import { ServiceError } from './errors/service.error.js';
import { serveConsole } from './http/console-pages.js';
import { serveOpenApi } from './http/openapi.js';
import { createHttpAdapter, configureHttp } from './http/http.adapter.js';
import { JsonLogger } from './http/json.logger.js';
import { listen, ListenError } from './http/listen.js';
import { startTracing } from './opentelemetry/start-tracing.js';

/** The service did not start. The message says why, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Brings the schema up to date, and starts to listen.
 *
 * @param prepare adds what a launcher has beside the service, before it listens
 * @throws {StartError} if it is known what keeps it from starting: the port is taken, the database away, unsuitable or
 *   encrypted with other keys
 */
export async function startService(
  settings: Settings,
  prepare?: (app: NestFastifyApplication) => Promise<void>,
): Promise<NestFastifyApplication> {
  try {
    return await createService(settings, prepare);
  } catch (error) {
    const reason = explain(error, settings.databaseUrl);
    throw reason === undefined
      ? error
      : new StartError(`The service did not start. ${reason}`, { cause: error });
  }
}

function explain(error: unknown, databaseUrl: string): string | undefined {
  if (error instanceof ServiceError || error instanceof ListenError) return error.message;
  return explainConnectionFailure(error, databaseUrl);
}

async function createService(
  settings: Settings,
  prepare?: (app: NestFastifyApplication) => Promise<void>,
): Promise<NestFastifyApplication> {
  const logger = new JsonLogger(settings);
  if (settings.tracing !== undefined) await startTracing(settings.tracing, logger);
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: AppModule, imports: [ConfigModule.register(settings)] },
    createHttpAdapter(settings, logger.lines),
    { logger, bodyParser: false, abortOnError: false },
  );
  try {
    configureHttp(app, settings);
    if (settings.apiDocs) serveOpenApi(app, settings);
    if (settings.console) await serveConsole(app);
    await prepare?.(app);
    await listen(app, settings);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}
