import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Span, SpanAttributes, Tracer } from '../tracing/tracing.js';
import { setSpan, spanOf } from './request-span.js';

/** The methods that a span names. Node's parser knows more. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Load balancers ask these every second. */
const healthChecks = /^\/health\//;

/**
 * Adds the hooks for the spans of requests. A span names the pattern of the route, method and status, in OpenTelemetry's words
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). It leaves out what those words have for paths, queries, headers and addresses.
 */
export function traceRequests(fastify: FastifyInstance, tracer: Tracer): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (healthChecks.test(request.url)) return done();
    const span = startSpan(tracer, request);
    setSpan(request.raw, span);
    reply.raw.once('close', () => span.end(outcomeOf(reply.raw)));
    tracer.runInRequest(span, done);
  });
  // The body came in by events of the connection, which is a part of no request.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const span = spanOf(request.raw);
    if (span === undefined) done();
    else tracer.runInRequest(span, done);
  });
}

function startSpan(tracer: Tracer, { method, routeOptions, protocol, headers }: FastifyRequest): Span {
  const route = routeOptions.url;
  const isKnown = methods.has(method);
  const attributes = {
    'http.request.method': isKnown ? method : '_OTHER',
    // A proxy may send any text as X-Forwarded-Proto.
    'url.scheme': protocol === 'https' ? 'https' : 'http',
    ...(route !== undefined && { 'http.route': route }),
  };
  const { traceparent } = headers;
  return tracer.startRequest(
    [isKnown ? method : 'HTTP', route].filter(Boolean).join(' '),
    attributes,
    typeof traceparent === 'string' ? traceparent : undefined,
  );
}

function outcomeOf(response: ServerResponse): SpanAttributes {
  const { headersSent, statusCode, writableFinished } = response;
  if (!headersSent) return { 'error.type': 'aborted' };
  // A page leaves a stream of events when it likes.
  const isWhole = writableFinished || response.getHeader('content-type') === 'text/event-stream';
  return {
    'http.response.status_code': statusCode,
    ...(statusCode >= 500 ? { 'error.type': String(statusCode) } : !isWhole && { 'error.type': 'aborted' }),
  };
}
