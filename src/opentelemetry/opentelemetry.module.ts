import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { tracing } from '../tracing/tracing.js';

/** Sends the last spans when the service stops, after its last requests. */
@Injectable()
class TracingShutdown implements OnApplicationShutdown {
  async onApplicationShutdown(): Promise<void> {
    await tracing.tracer?.shutdown();
  }
}

/** The end of the traces. They begin before the modules: see `startTracing`. */
@Module({ providers: [TracingShutdown] })
export class OpenTelemetryModule {}
