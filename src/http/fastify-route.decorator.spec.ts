import { RouteConfig } from '@nestjs/platform-fastify';
import { expect, it } from 'vitest';
import { FastifyRoute } from './fastify-route.decorator.js';

it('notes at a route what RouteConfig() of the Fastify adapter notes', () => {
  const config = { takesUpload: true };
  const notesOf = (decorator: MethodDecorator): unknown[] => {
    const handler = () => {};
    decorator({}, 'handler', { value: handler });
    return Reflect.getMetadataKeys(handler).map((key) => [key, Reflect.getMetadata(key, handler)]);
  };
  expect(notesOf(FastifyRoute(config))).toEqual(notesOf(RouteConfig(config)));
  expect(notesOf(FastifyRoute(config))).toHaveLength(1);
});
