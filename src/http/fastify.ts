import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/**
 * The Fastify below a Nest application.
 *
 * @throws where the application runs on another framework, which `nest new` gives it
 */
export function requireFastify({ httpAdapter }: Pick<HttpAdapterHost, 'httpAdapter'>): FastifyInstance {
  const framework = httpAdapter.getType();
  if (framework !== 'fastify') {
    throw new Error(
      `weapp-auth needs FastifyAdapter, and this application runs on ${framework}. ` +
        'Create it with NestFactory.create(AppModule, new FastifyAdapter()), from @nestjs/platform-fastify.',
    );
  }
  return httpAdapter.getInstance<FastifyInstance>();
}
