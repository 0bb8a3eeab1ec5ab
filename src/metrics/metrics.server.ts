import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { defaultMetricsPort, Settings } from '../config/settings.js';
import { describeError } from '../errors/describe-error.js';
import { ListenError } from '../http/listen.js';
import { MetricsService } from './metrics.service.js';

/** Serves `/metrics` on a port of its own, and nothing else there. Its readers are programs of the operator. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(MetricsServer.name);
  #server: Server | undefined;

  constructor(
    private readonly metrics: MetricsService,
    private readonly settings: Settings,
  ) {}

  /**
   * Listens, unless METRICS_PORT is 0. If nobody has chosen a port and the usual one is taken, the node does without: several nodes
   * on one machine start without any setting.
   *
   * @throws {ListenError} if it cannot listen on the chosen port
   */
  async onApplicationBootstrap(): Promise<void> {
    const { metricsHost: host, metricsPort } = this.settings;
    const port = metricsPort ?? defaultMetricsPort;
    if (port === 0) return;
    const server = createServer((request, response) => void this.answer(request, response));
    try {
      server.listen({ host, port, exclusive: true });
      await once(server, 'listening');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const reason = code === 'EADDRINUSE' ? 'the port is taken' : code;
      const message = `/metrics cannot listen on ${host}, port ${port}: ${reason}. Set METRICS_PORT to a port of its own for each node, or to 0 for no metrics.`;
      if (metricsPort !== undefined) throw new ListenError(message, { cause: error });
      this.#logger.warn(message);
      return;
    }
    this.#server = server;
  }

  /** As long as requests are in progress, the metrics are there. */
  async onApplicationShutdown(): Promise<void> {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url?.split('?', 1)[0] !== '/metrics' || (method !== 'GET' && method !== 'HEAD')) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Only GET /metrics is here.\n');
      return;
    }
    try {
      const { contentType, text } = await this.metrics.read();
      response.writeHead(200, { 'Content-Type': contentType }).end(text);
    } catch (error) {
      this.#logger.error({ error: describeError(error) });
      response.writeHead(500, { 'Content-Type': 'text/plain' }).end('The log says what failed.\n');
    }
  }
}
