import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { BodyPipe } from './http/body.pipe.js';
import { createLogger, JsonLogger } from './http/json.logger.js';
import { ProblemFilter } from './http/problem.filter.js';
import { requestIdOf } from './http/request-id.js';
import { RequestLog } from './http/request-log.js';

/** Bytes; what this service takes is far smaller. */
const longestBody = 102_400;

/**
 * Brings the schema up to date, and starts to listen.
 *
 * @throws whatever keeps it from starting: the port is taken, the database away or sealed with other keys
 */
export async function startService(settings: Settings): Promise<NestFastifyApplication> {
  const logger = createLogger(settings.logLevel);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new RequestLog({ requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: longestBody,
  });
  // JSON is all that is taken. A form would let any web page post a login on a visitor's behalf.
  adapter.getInstance().removeContentTypeParser('text/plain');
  adapter.getInstance().addHook('onRequest', async (request, reply) => {
    void reply.header('X-Request-Id', request.id);
  });

  const app = await NestFactory.create<NestFastifyApplication>(
    { module: AppModule, imports: [ConfigModule.register(settings)] },
    adapter,
    { logger: new JsonLogger(logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalPipes(new BodyPipe());
  app.useGlobalFilters(new ProblemFilter());
  try {
    await app.listen(settings.port, settings.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}
