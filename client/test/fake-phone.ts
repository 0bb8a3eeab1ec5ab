import { vi } from 'vitest';
import {
  type Answer,
  type Auth,
  type AuthOptions,
  createAuth,
  type Progress,
  type RequestOptions,
  type Task,
  type Wechat,
} from '../src/index.js';
import { FakeService } from './fake-service.js';

export const baseUrl = 'https://login.example.com';

/** What happens to a request on its way. */
export interface Fault {
  /** The service never receives the request, or its answer never arrives. */
  lost?: 'request' | 'answer';
  /** Replaces the answer of the service. */
  answer?: Answer;
  /** Additional milliseconds. */
  delay?: number;
  /** Sent before the answer. */
  chunks?: ArrayBuffer[];
}

/** The functions of `wx` that send something. */
type Api = 'request' | 'uploadFile' | 'downloadFile';

export interface Sent extends RequestOptions {
  api: Api;
  path: string;
}

/**
 * A phone with an old base library, which knows only callbacks. The test controls time and network. The service has a clock of
 * its own, which goes on if the test sets the phone's clock.
 */
export class FakePhone {
  readonly service: FakeService;
  readonly sent: Sent[] = [];
  /** Number of successes by the request header `X-Number`. */
  readonly servedByNumber = new Map<string, number>();
  /** Milliseconds of a round trip. */
  latency = 100;
  /** Milliseconds that reading the storage takes. */
  storageLatency = 0;
  loginsAsked = 0;
  maxConcurrentLogins = 0;
  maxConcurrentRequests = 0;
  /** If set, `wx.login` fails with this text. */
  loginFailure: string | undefined;
  readonly stored = new Map<string, { data: unknown; encrypt: boolean }>();
  sdkVersion = '3.0.0';
  readonly wx: Wechat;
  readonly #faults: { path: string; fault: Fault }[] = [];
  #loginsInFlight = 0;
  #requestsInFlight = 0;

  constructor() {
    vi.useFakeTimers({ now: new Date('2026-11-21T12:00:00.000Z') });
    const start = Date.now();
    this.service = new FakeService(() => start + performance.now());
    this.wx = {
      login: (options) => this.#login(options),
      request: (options) => this.#send('request', options),
      uploadFile: (options) => this.#send('uploadFile', options),
      downloadFile: (options) => this.#send('downloadFile', options),
      getAppBaseInfo: () => ({ SDKVersion: this.sdkVersion }),
      getStorage: ({ key, encrypt = false, success, fail }) => {
        const answer = () => {
          const stored = this.stored.get(key);
          if (stored?.encrypt === encrypt) success!({ data: stored.data });
          else fail!({ errMsg: 'getStorage:fail data not found' });
        };
        if (this.storageLatency === 0) answer();
        else setTimeout(answer, this.storageLatency);
      },
      setStorage: ({ key, data, encrypt = false, success }) => {
        this.stored.set(key, { data, encrypt });
        success!({ errMsg: 'setStorage:ok' });
      },
    };
  }

  createAuth(options: Partial<AuthOptions> = {}): Auth {
    return createAuth({ baseUrl, wx: this.wx, ...options });
  }

  /** For the next requests to a path, one fault each. */
  injectFaults(path: string, ...faults: Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ path, fault })));
  }

  /** The requests to a path. */
  to(path: string): Sent[] {
    return this.sent.filter((sent) => sent.path === path);
  }

  #login({ success, fail, complete }: Parameters<Wechat['login']>[0]): void {
    this.loginsAsked += 1;
    this.#loginsInFlight += 1;
    this.maxConcurrentLogins = Math.max(this.maxConcurrentLogins, this.#loginsInFlight);
    const code = `code ${this.loginsAsked}`;
    const errMsg = this.loginFailure ?? 'login:ok';
    setTimeout(() => {
      this.#loginsInFlight -= 1;
      if (this.loginFailure === undefined) success!({ code });
      else fail!({ errMsg });
      complete?.({ errMsg });
    }, this.latency);
  }

  #send(api: Api, { success, fail, complete, ...options }: Parameters<Wechat['request']>[0]): Task {
    const path = options.url.replace(/^https:\/\/[^/]+/, '').replace(/\?.*/, '');
    this.sent.push({ ...options, api, path });
    this.#requestsInFlight += 1;
    this.maxConcurrentRequests = Math.max(this.maxConcurrentRequests, this.#requestsInFlight);
    const at = this.#faults.findIndex((one) => one.path === path);
    const fault = at < 0 ? {} : this.#faults.splice(at, 1)[0]!.fault;
    const half = this.latency / 2;
    const listeners = new Listeners();
    let isOver = false;
    const end = (answer: Answer | undefined, errMsg: string) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.#requestsInFlight -= 1;
      const number = options.header?.['X-Number'];
      if (answer?.statusCode === 200 && number !== undefined) {
        this.servedByNumber.set(number, (this.servedByNumber.get(number) ?? 0) + 1);
      }
      if (answer) {
        for (const data of fault.chunks ?? []) listeners.chunk.forEach((listener) => listener({ data }));
        listeners.headers.forEach((listener) => listener({ header: answer.header }));
        listeners.progress.forEach((listener) => listener({ progress: 100 }));
        success!(asResult(api, answer));
      } else fail!({ errMsg, errno: 5 });
      complete?.({ errMsg: 'request:done' });
    };
    let timer = setTimeout(
      () => {
        const answer =
          fault.lost === 'request'
            ? undefined
            : (fault.answer ??
              this.service.answer({ method: api === 'uploadFile' ? 'POST' : 'GET', ...options }));
        timer = setTimeout(() => end(fault.lost ? undefined : answer, 'request:fail timeout'), half);
      },
      half + (fault.delay ?? 0),
    );
    return {
      abort: () => end(undefined, 'request:fail abort'),
      onHeadersReceived: (listener) => void listeners.headers.push(listener),
      onChunkReceived: (listener) => void listeners.chunk.push(listener),
      onProgressUpdate: (listener) => void listeners.progress.push(listener),
    };
  }
}

class Listeners {
  readonly headers: ((received: { header: Record<string, string> }) => void)[] = [];
  readonly chunk: ((chunk: { data: ArrayBuffer }) => void)[] = [];
  readonly progress: ((progress: Progress) => void)[] = [];
}

/** What the function of `wx` passes to `success`: uploads give text, downloads a file, and both give no header. */
function asResult(api: Api, { statusCode, data, header }: Answer): object {
  if (api === 'downloadFile') return { statusCode, tempFilePath: 'wxfile://tmp/1' };
  if (api === 'request') return { statusCode, data, header };
  return { statusCode, data: typeof data === 'string' ? data : JSON.stringify(data) };
}

/** Lets time pass until a promise is settled, for at most two minutes. */
export async function settled<Result>(promise: Promise<Result>): Promise<Result> {
  const progress = { isOver: false };
  const end = () => void (progress.isOver = true);
  promise.then(end, end);
  for (let step = 0; step < 12_000 && !progress.isOver; step += 1) await vi.advanceTimersByTimeAsync(10);
  if (!progress.isOver) throw new Error('It never settles.');
  return promise;
}

/** Lets time pass. */
export async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}
