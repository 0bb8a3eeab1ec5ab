import type { LoggerService } from '@nestjs/common';
import { setVariables } from '../config/environment.js';
import { isUrl } from '../config/settings.checks.js';
import type { TracingVariables } from '../config/tracing-variables.js';
import { tracing } from '../tracing/tracing.js';

const context = 'OpenTelemetry';

/**
 * Starts to trace requests. OpenTelemetry is loaded now, and not in a process without traces. As its specification asks, a wrong
 * variable does not keep the service from starting: the log has a warning.
 *
 * @param variables OpenTelemetry's, as `loadSettings` has read them
 */
export async function startTracing(variables: TracingVariables, logger: LoggerService): Promise<void> {
  const name = variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
    ? 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
    : 'OTEL_EXPORTER_OTLP_ENDPOINT';
  if (!isUrl(variables[name], ({ protocol }) => protocol === 'http:' || protocol === 'https:')) {
    logger.warn(
      `${name} is not an http:// or https:// URL. No traces are sent. Example: http://127.0.0.1:4318`,
      context,
    );
    return;
  }
  const { OTEL_EXPORTER_OTLP_PROTOCOL: protocol = 'http/protobuf' } = variables;
  if (protocol !== 'http/protobuf') {
    logger.warn(
      'OTEL_EXPORTER_OTLP_PROTOCOL is not http/protobuf. Traces are sent as http/protobuf all the same: name the port of the collector for HTTP, usually 4318.',
      context,
    );
  }
  // The SDK reads its variables there.
  setVariables(variables);
  const { OpenTelemetryTracer } = await import('./opentelemetry.tracer.js');
  tracing.tracer = new OpenTelemetryTracer({
    warn: (message) => logger.warn(message, context),
    log: (message) => logger.log(message, context),
  });
}
