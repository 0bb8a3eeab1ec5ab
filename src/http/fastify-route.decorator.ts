import { SetMetadata } from '@nestjs/common';

/**
 * Notes something for Fastify's hooks at a route, as `RouteConfig()` of @nestjs/platform-fastify does. An application on
 * Express does not have that package, and needs no note.
 */
export const FastifyRoute = (config: object): MethodDecorator =>
  SetMetadata('__fastify_route_config__', config);
