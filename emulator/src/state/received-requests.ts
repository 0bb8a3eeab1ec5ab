import type { HttpAnswer } from '../http-answer.js';
import { parseJson } from '../json.js';
import type { UpstreamRequest } from '../wechat-api/upstream-request.js';

const maxRequests = 1000;
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
  'phoneNumber',
  'purePhoneNumber',
]);

/** A call that a backend made to WeChat. */
export interface ReceivedRequest {
  /** In the emulator's time. */
  at: string;
  method: string;
  path: string;
  query: Record<string, string>;
  /** The JSON body. Of any other or long body, only its size. */
  body?: unknown;
}

/** The answer to a call, with secrets masked. */
export interface SentAnswer {
  status: number;
  body: unknown;
}

/** Called when a call arrives. The function that it returns is called with the answer, or with undefined if there is none. */
export type CallListener = (request: ReceivedRequest) => (answer: SentAnswer | undefined) => void;

/** The last received calls, with secrets masked. */
export class ReceivedRequests {
  #requests: ReceivedRequest[] = [];
  readonly #listeners = new Set<CallListener>();

  /** Calls the listener for each call from now on. Returns a function that removes it. */
  listen(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  all(): ReceivedRequest[] {
    return [...this.#requests];
  }

  /** @returns a function to call with the answer */
  add({ method, path, query, body }: UpstreamRequest, now: number): (answer: HttpAnswer | undefined) => void {
    const request: ReceivedRequest = {
      at: new Date(now).toISOString(),
      method,
      path,
      query: Object.fromEntries([...query].map(([name, value]) => [name, mask(name, value)])),
    };
    if (body !== '') request.body = maskedBody(body);
    this.#requests.push(request);
    if (this.#requests.length > maxRequests) this.#requests.shift();
    const answered = [...this.#listeners].map((listener) => listener(request));
    return (answer) => {
      if (answered.length === 0) return;
      const sent = answer && { status: answer.status, body: maskedBody(answer.body) };
      for (const report of answered) report(sent);
    };
  }

  clear(): number {
    const { length } = this.#requests;
    this.#requests = [];
    return length;
  }
}

function mask<Value>(name: string, value: Value): Value | '***' {
  return masked.has(name) ? '***' : value;
}

function maskedBody(body: string | Buffer): unknown {
  const bytes = Buffer.byteLength(body);
  if (bytes > bodyBytesKept || Buffer.isBuffer(body)) return `(${bytes} bytes)`;
  return parseJson(body, mask) ?? `(${bytes} bytes, not JSON)`;
}
