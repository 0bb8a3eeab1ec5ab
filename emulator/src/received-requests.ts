import { parseJson } from './json.js';
import type { UpstreamRequest } from './upstream-request.js';

const requestsKept = 1000;
const bodyBytesKept = 4096;

const masked = new Set([
  'secret',
  'session_key',
  'access_token',
  'js_code',
  'code',
  'encryptedData',
  'iv',
  'signature',
]);

/** A call that a backend made to WeChat. */
export interface ReceivedRequest {
  /** By the emulator's clock. */
  at: string;
  method: string;
  path: string;
  query: Record<string, string>;
  /** The JSON that was sent; of anything else, and of anything long, only how much it was. */
  body?: unknown;
}

/** The last calls received, with what must stay secret masked. */
export class ReceivedRequests {
  private requests: ReceivedRequest[] = [];

  all(): ReceivedRequest[] {
    return [...this.requests];
  }

  add({ method, path, query, body }: UpstreamRequest, now: number): void {
    const request: ReceivedRequest = {
      at: new Date(now).toISOString(),
      method,
      path,
      query: Object.fromEntries([...query].map(([name, value]) => [name, mask(name, value)])),
    };
    if (body !== '') {
      request.body = maskedBody(body);
    }
    this.requests.push(request);
    if (this.requests.length > requestsKept) {
      this.requests.shift();
    }
  }

  clear(): number {
    const { length } = this.requests;
    this.requests = [];
    return length;
  }
}

function mask<Value>(name: string, value: Value): Value | '***' {
  return masked.has(name) ? '***' : value;
}

function maskedBody(body: string): unknown {
  const bytes = Buffer.byteLength(body);
  if (bytes > bodyBytesKept) {
    return `(${bytes} bytes)`;
  }
  return parseJson(body, mask) ?? `(${bytes} bytes, not JSON)`;
}
