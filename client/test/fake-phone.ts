import { vi } from 'vitest';
import {
  type Answer,
  type Auth,
  type AuthOptions,
  createAuth,
  type RequestOptions,
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
}

export interface Sent extends RequestOptions {
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
      request: (options) => this.#request(options),
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

  #request({ success, fail, complete, ...options }: Parameters<Wechat['request']>[0]): void {
    const path = options.url.replace(/^https:\/\/[^/]+/, '').replace(/\?.*/, '');
    this.sent.push({ ...options, path });
    this.#requestsInFlight += 1;
    this.maxConcurrentRequests = Math.max(this.maxConcurrentRequests, this.#requestsInFlight);
    const at = this.#faults.findIndex((one) => one.path === path);
    const fault = at < 0 ? {} : this.#faults.splice(at, 1)[0]!.fault;
    const half = this.latency / 2;
    setTimeout(
      () => {
        const answer = fault.lost === 'request' ? undefined : (fault.answer ?? this.service.answer(options));
        setTimeout(() => {
          this.#requestsInFlight -= 1;
          const number = options.header?.['X-Number'];
          if (answer?.statusCode === 200 && !fault.lost && number !== undefined) {
            this.servedByNumber.set(number, (this.servedByNumber.get(number) ?? 0) + 1);
          }
          if (answer && !fault.lost) success!(answer);
          else fail!({ errMsg: 'request:fail timeout' });
          complete?.({ errMsg: 'request:done' });
        }, half);
      },
      half + (fault.delay ?? 0),
    );
  }
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
