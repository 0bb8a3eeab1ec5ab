import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { serveOpenApi } from './http/openapi.js';
import { createHttpAdapter, configureHttp } from './http/http.adapter.js';
import { JsonLogger } from './http/json.logger.js';
import { listen } from './http/listen.js';

/**
 * Brings the schema up to date, and starts to listen.
 *
 * @param prepare adds what a launcher has beside the service, before it listens
 * @throws whatever keeps it from starting: the port is taken, the database away or sealed with other keys
 */
export async function startService(
  settings: Settings,
  prepare?: (app: NestFastifyApplication) => Promise<void>,
): Promise<NestFastifyApplication> {
  const logger = new JsonLogger(settings.logLevel);
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: AppModule, imports: [ConfigModule.register(settings)] },
    createHttpAdapter(settings, logger.lines),
    { logger, bodyParser: false, abortOnError: false },
  );
  try {
    configureHttp(app, settings);
    if (settings.apiDocs) serveOpenApi(app, settings);
    await prepare?.(app);
    await listen(app, settings);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}
