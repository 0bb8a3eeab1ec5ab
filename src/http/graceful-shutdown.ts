import type { Server, ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Milliseconds that requests under way may take to finish, and until they are cut off. Ten seconds is all there is. */
const drainTimeoutMs = 8_000;
const cutOff = 9_000;

/**
 * The orderly end. From the first shutdown signal on the node is not ready, which a load balancer may ask as long
 * as something still runs; then it stops listening. What does not come to an end is cut off.
 */
@Injectable()
export class GracefulShutdown implements OnModuleInit, BeforeApplicationShutdown {
  /** Whether the node has been told to stop. */
  started = false;
  #running = 0;
  #finished: (() => void) | undefined;

  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const end = () => {
      this.#running -= 1;
      if (this.#running === 0) this.#finished?.();
    };
    this.server.on('request', (_, response: ServerResponse) => {
      this.#running += 1;
      // The same function for all, and never taken off again: a response closes once.
      response.on('close', end);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.started = true;
    const { server } = this;
    setTimeout(() => server.closeAllConnections(), cutOff).unref();
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#finished = resolve;
      setTimeout(resolve, drainTimeoutMs).unref();
    });
  }

  private get server(): Server {
    return this.host.httpAdapter.getHttpServer() as Server;
  }
}
