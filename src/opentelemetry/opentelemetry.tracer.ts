import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer as SdkTracer,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { withTimeout } from '../limits/with-timeout.js';
import type { Span, SpanAttributes, Tracer } from '../tracing/tracing.js';
import { ReportingExporter, type TracingLog } from './reporting.exporter.js';

/** Milliseconds for the last spans. The whole shutdown has ten seconds, of which requests may take eight. */
const shutdownTimeoutMs = 2_000;

const ignored = () => {};

/**
 * Sends spans by OTLP, as the standard variables of OpenTelemetry say. It registers nothing globally and sends no trace header to other servers: WeChat
 * has no part in our traces. Of a caller's headers it takes `traceparent` alone; `tracestate` and `baggage` can hold any text.
 */
export class OpenTelemetryTracer implements Tracer {
  readonly #requests = new AsyncLocalStorage<TracedSpan>();
  readonly #provider: BasicTracerProvider;
  readonly #tracer: SdkTracer;

  constructor(log: TracingLog) {
    diag.setLogger(
      { error: log.warn, warn: log.warn, info: ignored, debug: ignored, verbose: ignored },
      DiagLogLevel.WARN,
    );
    this.#provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': 'weapp-auth' }))
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(new ReportingExporter(new OTLPTraceExporter(), log))],
    });
    this.#tracer = this.#provider.getTracer('weapp-auth');
  }

  startRequest(name: string, attributes: SpanAttributes, traceparent = ''): Span {
    const caller = parseTraceParent(traceparent);
    const parent =
      caller === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...caller, isRemote: true });
    return new TracedSpan(this.#tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent));
  }

  runInRequest<Result>(request: Span, work: () => Result): Result {
    return this.#requests.run(request as TracedSpan, work);
  }

  currentRequest(): TracedSpan | undefined {
    const request = this.#requests.getStore();
    // Timers and loops that a request has started go on after it.
    return request?.hasEnded === false ? request : undefined;
  }

  startCall(name: string, attributes: SpanAttributes): Span | undefined {
    const request = this.currentRequest();
    if (request?.isRecording !== true) return undefined;
    return new TracedSpan(
      this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, request.context),
    );
  }

  async shutdown(): Promise<void> {
    await withTimeout(shutdownTimeoutMs, this.#provider.shutdown()).catch(ignored);
  }
}

class TracedSpan implements Span {
  hasEnded = false;
  readonly isRecording: boolean;
  readonly #span: SdkSpan;

  constructor(span: SdkSpan) {
    this.#span = span;
    this.isRecording = span.isRecording();
  }

  /** In which the calls of a request are. */
  get context(): Context {
    return trace.setSpan(ROOT_CONTEXT, this.#span);
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get spanId(): string {
    return this.#span.spanContext().spanId;
  }

  setAttributes(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes);
  }

  end(outcome: SpanAttributes = {}): void {
    this.hasEnded = true;
    this.#span.setAttributes(outcome);
    // Without a message: it would be that of an error, which can quote anything.
    if ('error.type' in outcome) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}
