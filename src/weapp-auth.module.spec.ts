import { Module } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import { WeappAuthModule } from './weapp-auth.module.js';
import { Uploads } from './http/uploads.js';

/** What `nest new` makes an application with, as far as it matters here. */
class ExpressAdapter extends FastifyAdapter {
  override getType(): string {
    return 'express';
  }
}

@Module({ providers: [Uploads] })
class RouteModule {}

@Module({ providers: [WeappAuthModule] })
class GroundModule {}

describe.each([
  ['the ground of every application', GroundModule],
  ['a route that takes files', RouteModule],
])('%s', (_name, module) => {
  const start = async (adapter: FastifyAdapter): Promise<void> => {
    const app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false });
    expect(app.get(HttpAdapterHost).httpAdapter).toBe(adapter);
    await app.init();
    await app.close();
  };

  it('says in one plain sentence that it needs Fastify', async () => {
    await expect(start(new ExpressAdapter())).rejects.toThrow(
      /^weapp-auth needs FastifyAdapter, and this application runs on express\. Create it with /,
    );
  });

  it('starts on Fastify', async () => {
    await expect(start(new FastifyAdapter())).resolves.toBeUndefined();
  });
});

it('asks for no framework where there are no routes', async () => {
  const context = await NestFactory.createApplicationContext(GroundModule, {
    logger: false,
    abortOnError: false,
  });
  await context.close();
  expect(context.get(WeappAuthModule)).toBeInstanceOf(WeappAuthModule);
});
