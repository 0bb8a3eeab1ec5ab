/**
 * The variables of OpenTelemetry that .env.example describes. Its SDK has more, and reads them from the environment by itself.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export const tracingVariableNames = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_TRACES_EXPORTER',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_SDK_DISABLED',
] as const;

/** The values of those that are set. */
export type TracingVariables = Readonly<Partial<Record<(typeof tracingVariableNames)[number], string>>>;

/** Picks OpenTelemetry's variables; undefined if no traces are wanted. Other programs share them, so nothing is refused here. */
export function readTracingVariables(values: TracingVariables): TracingVariables | undefined {
  const hasEndpoint =
    values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined ||
    values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined;
  if (!hasEndpoint) return undefined;
  if (values.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined;
  if (values.OTEL_TRACES_EXPORTER?.toLowerCase() === 'none') return undefined;
  return Object.fromEntries(
    tracingVariableNames.map((name) => [name, values[name]]).filter(([, value]) => value !== undefined),
  ) as TracingVariables;
}
