import type { IncomingMessage } from 'node:http';

/** What the requests of Express and those of Fastify have in common. */
export interface HttpRequest {
  headers: IncomingMessage['headers'];
  socket?: IncomingMessage['socket'];
  method: string;
  url: string;
  /** The path and the query as they were sent, whatever a framework takes off on the way. */
  originalUrl: string;
  body?: unknown;
  /** The address of the client, as the framework's setting for proxies has it. */
  ip?: string;
  /** The addresses of the client and of the proxies that are trusted, if any are. */
  ips?: string[];
  /** Fastify: Node's own request. That of Express is one itself. */
  raw?: IncomingMessage;
}

/** Node's own request. */
export function rawRequest(request: HttpRequest): IncomingMessage {
  return request.raw ?? (request as unknown as IncomingMessage);
}
