import { type IncomingMessage, ServerResponse } from 'node:http';
import { requestIdOf } from './request-id.js';
import { securityHeaders } from './security-headers.js';

/** Node's own method for the text of the headers. Its types leave it out. */
interface HeaderWriter {
  _storeHeader: (this: ServerResponse, statusLine: string, headers: object | undefined) => void;
}

const { _storeHeader: storeHeader } = ServerResponse.prototype as unknown as HeaderWriter;
// Otherwise the security headers would be missing without a word.
if (typeof storeHeader !== 'function') {
  throw new Error(`Node ${process.version} is not supported: it has no _storeHeader().`);
}

const securityLines = toLines(Object.entries(securityHeaders));
const securityNames = new Set(Object.keys(securityHeaders).map((name) => name.toLowerCase()));

/**
 * A response with the security headers and the id of its request, whoever answers it. They are added as text: Node and Fastify would
 * check and copy each of a dozen headers at each response, although they never change
 * ([decision](../../docs/decisions/0024-headers-as-text.md)).
 */
export class SecureResponse<Request extends IncomingMessage = IncomingMessage>
  extends ServerResponse<Request>
  implements HeaderWriter
{
  /** @param headers by their names in lower case. Those that a route has set itself count. */
  _storeHeader(statusLine: string, headers: object = {}): void {
    const lines = hasSecurityHeader(headers) ? securityLinesBeside(headers) : securityLines;
    const idLine = 'x-request-id' in headers ? '' : `X-Request-Id: ${requestIdOf(this.req)}\r\n`;
    storeHeader.call(this, statusLine + lines + idLine, headers);
  }
}

function hasSecurityHeader(headers: object): boolean {
  for (const name in headers) if (securityNames.has(name)) return true;
  return false;
}

function securityLinesBeside(headers: object): string {
  return toLines(Object.entries(securityHeaders).filter(([name]) => !(name.toLowerCase() in headers)));
}

function toLines(headers: [string, string][]): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
