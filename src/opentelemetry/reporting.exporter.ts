import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/** Where it is told how tracing goes. */
export interface TracingLog {
  warn: (message: string) => void;
  log: (message: string) => void;
}

/** Tells the log when the collector stops taking spans and when it takes them again. The SDK itself would log each batch that is lost. */
export class ReportingExporter implements SpanExporter {
  #isFailing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly log: TracingLog,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      this.report(result);
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.exporter.shutdown();
  }

  private report({ code, error }: ExportResult): void {
    const isFailing = code !== ExportResultCode.SUCCESS;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    if (isFailing) {
      this.log.warn(
        `The collector takes no traces: ${reasonOf(error)}. They are dropped until it does. Requests go on.`,
      );
    } else {
      this.log.log('The collector takes traces again.');
    }
  }
}

/** The code of a socket, or the status of the response and its name. Never the body. */
function reasonOf(error: Error | undefined): string {
  const { code, message = 'no reason given' } = (error ?? {}) as { code?: string | number; message?: string };
  return code === undefined ? message : `${code} ${message}`.trim();
}
