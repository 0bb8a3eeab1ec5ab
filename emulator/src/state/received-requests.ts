import type { HttpAnswer } from '../http-answer.js';
import { parseJson } from '../json.js';
import type { UpstreamRequest } from '../wechat-api/upstream-request.js';

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
  'phoneNumber',
  'purePhoneNumber',
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

/** How a call was answered; what must stay secret is masked. */
export interface SentAnswer {
  status: number;
  body: unknown;
}

/** Hears of a call when it comes. What it returns hears how that was answered: undefined, if not at all. */
export type CallListener = (request: ReceivedRequest) => (answer: SentAnswer | undefined) => void;

/** The last calls received, with what must stay secret masked. */
export class ReceivedRequests {
  #requests: ReceivedRequest[] = [];
  readonly #listeners = new Set<CallListener>();

  /** Tells of each call from now on, until the function that is returned is called. */
  listen(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  all(): ReceivedRequest[] {
    return [...this.#requests];
  }

  /** @returns what is to be told of the answer */
  add({ method, path, query, body }: UpstreamRequest, now: number): (answer: HttpAnswer | undefined) => void {
    const request: ReceivedRequest = {
      at: new Date(now).toISOString(),
      method,
      path,
      query: Object.fromEntries([...query].map(([name, value]) => [name, mask(name, value)])),
    };
    if (body !== '') request.body = maskedBody(body);
    this.#requests.push(request);
    if (this.#requests.length > requestsKept) this.#requests.shift();
    const answered = [...this.#listeners].map((listener) => listener(request));
    return (answer) => {
      if (answered.length === 0) return;
      const sent = answer && { status: answer.status, body: maskedBody(answer.body) };
      for (const tell of answered) tell(sent);
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

function maskedBody(body: string): unknown {
  const bytes = Buffer.byteLength(body);
  if (bytes > bodyBytesKept) return `(${bytes} bytes)`;
  return parseJson(body, mask) ?? `(${bytes} bytes, not JSON)`;
}
