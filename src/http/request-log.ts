import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';

/**
 * One line per request, when it is answered: the route's pattern instead of the path, and neither query, headers
 * nor body, so that nothing secret or personal gets in. Errors are logged by the problem filter.
 */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      milliseconds: Math.round(reply.elapsedTime * 10) / 10,
    });
  }

  override defaultErrorLog(): void {}

  override routeNotFound(): void {}
}
