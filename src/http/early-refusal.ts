import type { INestApplicationContext, Type } from '@nestjs/common';
import type { ServiceError } from '../errors/service.error.js';
import { FastifyRoute } from './fastify-route.decorator.js';
import type { HttpRequest } from './http-request.js';
import type { ProblemFilter } from './problem.filter.js';

/** Bounds the requests of one kind that are in progress on this node. */
export interface LoadLimit {
  /** The error if this node takes no more of them now; otherwise undefined. */
  refusal(): ServiceError | undefined;
}

/** What a route that is refused early says of itself. */
interface EarlyRefusalRoute {
  loadLimit?: Type<LoadLimit>;
}

interface Route {
  config?: object;
  onRequest?: unknown;
}

/**
 * Lets the service refuse a request for a route as soon as its headers are there, if the limit says so. The body is not read, and
 * Nest is not asked: under overload, most of what a node does is refusing. An application of its own does not do this, so that a guard of the
 * route has to ask the limit, too. The guard has the last word: more requests can have come while the body arrived.
 *
 * @param loadLimit a provider
 */
export function RefuseEarly(loadLimit: Type<LoadLimit>): MethodDecorator {
  return FastifyRoute({ loadLimit } satisfies EarlyRefusalRoute);
}

/** Makes Fastify's `onRoute` hook for {@link RefuseEarly}. */
export function refuseEarly(app: INestApplicationContext, filter: ProblemFilter): (route: Route) => void {
  return (route) => {
    const { loadLimit } = (route.config ?? {}) as EarlyRefusalRoute;
    if (loadLimit === undefined) return;
    const limit = app.get(loadLimit, { strict: false });
    route.onRequest = (request: HttpRequest, reply: unknown, done: () => void) => {
      const refusal = limit.refusal();
      if (refusal === undefined) done();
      else filter.answer(refusal, request, reply);
    };
  };
}
