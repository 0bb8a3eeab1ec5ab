import type { IncomingMessage } from 'node:http';
import type { Span } from '../tracing/tracing.js';

/** Where the span of a request is kept: at Node's own request, whatever framework stands above it. */
const spanKey = Symbol('span');

type TracedRequest = IncomingMessage & { [spanKey]?: Span };

/** The span of a request, if it has one. */
export function spanOf(request: TracedRequest): Span | undefined {
  return request[spanKey];
}

export function setSpan(request: TracedRequest, span: Span): void {
  request[spanKey] = span;
}

/**
 * What a line of the log has, so that it can be found by its trace.
 * https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function traceIdsOf(span: Span | undefined): { trace_id?: string; span_id?: string } {
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}
