import { AsyncResource } from 'node:async_hooks';

/**
 * What a span says of itself, in the names of OpenTelemetry's semantic conventions. The values are names of ours, numbers and
 * codes: never what a caller, WeChat or the database sent.
 */
export type SpanAttributes = Record<string, string | number>;

/** Something that takes time. */
export interface Span {
  /** Lower-case hexadecimal digits, as the next one. */
  readonly traceId: string;
  readonly spanId: string;
  setAttributes(attributes: SpanAttributes): void;
  /** @param outcome with an `error.type`, the span counts as failed */
  end(outcome?: SpanAttributes): void;
}

/** Makes spans, while tracing is on. */
export interface Tracer {
  /**
   * Starts the span of a request to this service.
   *
   * @param traceparent the header of this name, by which a caller includes the request in a trace of its own
   */
  startRequest(name: string, attributes: SpanAttributes, traceparent?: string): Span;
  /** Runs `work`, and whatever it begins, as a part of a request. */
  runInRequest<Result>(request: Span, work: () => Result): Result;
  /** The request in progress, of which the code that asks is a part. */
  currentRequest(): Span | undefined;
  /** Starts the span of a call to another server. Undefined outside of a request: polls and jobs are not traced. */
  startCall(name: string, attributes: SpanAttributes): Span | undefined;
  /** Sends what is left. Takes two seconds at most, and never rejects. */
  shutdown(): Promise<void>;
}

/**
 * The tracer of the process; none if tracing is off, so that it costs a request nothing but looking here. Only `opentelemetry/`
 * knows where spans go.
 */
export const tracing: { tracer?: Tracer } = {};

/** Work for a queue, which may run it when another request has ended: it stays a part of the present request. */
export function keepRequest<Work extends () => unknown>(work: Work): Work {
  return tracing.tracer === undefined ? work : AsyncResource.bind(work);
}
