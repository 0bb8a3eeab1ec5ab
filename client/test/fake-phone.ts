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

/** What comes between a phone and the service. */
export interface Trouble {
  /** The service never hears of it; or it does, and its answer is lost. */
  lost?: 'request' | 'answer';
  /** In place of the service's. */
  answer?: Answer;
  /** Milliseconds more. */
  delay?: number;
}

export interface Sent extends RequestOptions {
  path: string;
}

/**
 * A phone with an old base library: callbacks alone. Time and network are the test's; the service has a clock of its own,
 * which goes on where somebody sets the phone's.
 */
export class FakePhone {
  readonly service: FakeService;
  readonly sent: Sent[] = [];
  /** How often a request of the page, by its header `X-Number`, was answered with a success. */
  readonly servedByNumber = new Map<string, number>();
  /** Milliseconds there and back. */
  latency = 100;
  /** Milliseconds that the storage takes to be read. */
  storageLatency = 0;
  loginsAsked = 0;
  mostLoginsAtOnce = 0;
  mostRequestsAtOnce = 0;
  /** `wx.login` fails with it. */
  loginFailure: string | undefined;
  readonly stored = new Map<string, { data: unknown; encrypt: boolean }>();
  sdkVersion = '3.0.0';
  readonly wx: Wechat;
  readonly #trouble: { path: string; trouble: Trouble }[] = [];
  #loginsUnderWay = 0;
  #requestsUnderWay = 0;

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

  /** Of the next request to a path. */
  expectTrouble(path: string, ...troubles: Trouble[]): void {
    this.#trouble.push(...troubles.map((trouble) => ({ path, trouble })));
  }

  /** The requests to a path. */
  to(path: string): Sent[] {
    return this.sent.filter((sent) => sent.path === path);
  }

  #login({ success, fail, complete }: Parameters<Wechat['login']>[0]): void {
    this.loginsAsked += 1;
    this.#loginsUnderWay += 1;
    this.mostLoginsAtOnce = Math.max(this.mostLoginsAtOnce, this.#loginsUnderWay);
    const code = `code ${this.loginsAsked}`;
    const errMsg = this.loginFailure ?? 'login:ok';
    setTimeout(() => {
      this.#loginsUnderWay -= 1;
      if (this.loginFailure === undefined) success!({ code });
      else fail!({ errMsg });
      complete?.({ errMsg });
    }, this.latency);
  }

  #request({ success, fail, complete, ...options }: Parameters<Wechat['request']>[0]): void {
    const path = options.url.replace(/^https:\/\/[^/]+/, '').replace(/\?.*/, '');
    this.sent.push({ ...options, path });
    this.#requestsUnderWay += 1;
    this.mostRequestsAtOnce = Math.max(this.mostRequestsAtOnce, this.#requestsUnderWay);
    const at = this.#trouble.findIndex((one) => one.path === path);
    const trouble = at < 0 ? {} : this.#trouble.splice(at, 1)[0]!.trouble;
    const half = this.latency / 2;
    setTimeout(
      () => {
        const answer =
          trouble.lost === 'request' ? undefined : (trouble.answer ?? this.service.answer(options));
        setTimeout(() => {
          this.#requestsUnderWay -= 1;
          const number = options.header?.['X-Number'];
          if (answer?.statusCode === 200 && !trouble.lost && number !== undefined) {
            this.servedByNumber.set(number, (this.servedByNumber.get(number) ?? 0) + 1);
          }
          if (answer && !trouble.lost) success!(answer);
          else fail!({ errMsg: 'request:fail timeout' });
          complete?.({ errMsg: 'request:done' });
        }, half);
      },
      half + (trouble.delay ?? 0),
    );
  }
}

/** Lets time pass until a promise is settled, two minutes at most. */
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
