import type { LoadRequest } from './load.js';

/** A request as HTTP/1.1 writes it. */
export function toHttpText(host: string, { method, path, headers, body }: LoadRequest): string {
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const lines = Object.entries({ Host: host, ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}
