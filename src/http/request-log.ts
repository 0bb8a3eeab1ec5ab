import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';
import { DurationHistogram } from '../statistics/duration-histogram.js';
import { spanOf, traceIdsOf } from './request-span.js';

/** How long requests took until they were answered: those of the process, since there is one log for all. */
export const requestDurations = new DurationHistogram(['method', 'route', 'status']);

/**
 * One line per request, when it is answered: the route's pattern instead of the path, and neither query, headers
 * nor body, so that nothing secret or personal gets in. Errors are logged by the problem filter.
 */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { method, routeOptions } = request;
    const { elapsedTime, statusCode: status } = reply;
    const route = routeOptions.url ?? 'none';
    requestDurations.record([method, route, String(status)], elapsedTime / 1_000);
    const milliseconds = Math.round(elapsedTime * 10) / 10;
    request.log.info({ method, route, status, milliseconds, ...traceIdsOf(spanOf(request.raw)) });
  }

  override defaultErrorLog(): void {}

  override routeNotFound(): void {}
}
