import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { LiveEvent } from './live-events.js';

/** What web pages ask to sign a user in. The last part of a code's address is a secret. */
const watched = /^\/(?:oauth\/[a-z_/]+|scan-codes(?=\/))/;

/**
 * Watches the calls of web pages to the service, and the states that the service pushes to them. The bodies hold codes and tokens,
 * so they are left out.
 *
 * @param fastify the service, before its routes are added
 */
export function watchWebCalls(fastify: FastifyInstance, tell: (event: LiveEvent) => void): void {
  let lastId = 0;
  fastify.addHook('onRequest', (request, { raw }, done) => {
    const path = watched.exec(request.url)?.[0];
    if (path !== undefined) {
      const id = ++lastId;
      tell({ type: 'web-call-started', id, at: Date.now(), method: request.method, path });
      if (path.endsWith('/events')) watchPushes(raw, tell);
      raw.once('close', () => {
        const status = raw.headersSent ? raw.statusCode : undefined;
        tell({ type: 'web-call-ended', id, at: Date.now(), status });
      });
    }
    done();
  });
}

/** The service writes each event as a whole. */
function watchPushes(response: ServerResponse, tell: (event: LiveEvent) => void): void {
  const write = response.write.bind(response) as (...values: unknown[]) => boolean;
  response.write = (chunk: unknown, ...others: unknown[]) => {
    for (const [, name] of String(chunk).matchAll(/^event: (\w+)$/gm)) {
      tell({ type: 'web-push', at: Date.now(), name: name! });
    }
    return write(chunk, ...others);
  };
}
