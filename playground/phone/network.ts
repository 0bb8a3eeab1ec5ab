import { appidHeader, phoneHeader, servicePath, wechatPath, type PhoneSettings } from './addresses.js';
import type { Outside } from './outside.js';
import type { PhoneFaults } from './phone-faults.js';
import { Failure, failureOf } from './wechat-call.js';

/** A request to the service. */
export interface ServiceRequest {
  /** `request` or `uploadFile`. */
  by: string;
  url: string;
  method: string;
  headers: Record<string, string>;
  body: BodyInit | undefined;
  /** What the page shows instead of the body. */
  carried: unknown;
  redirect: RequestRedirect;
  signal: AbortSignal;
}

export interface ServiceAnswer {
  status: number;
  headers: Record<string, string>;
  body: ArrayBuffer;
}

interface Call {
  to: 'wechat' | 'service';
  name: string;
  carried: unknown;
}

/** With a slow network, each request takes so many milliseconds longer. */
const slowness = 2000;

/** Sends all calls of the phone, and applies its faults. */
export class Network {
  /** Starts from the time, so that no call of an earlier launch has the same id. */
  #lastId = Date.now();
  readonly #closing = new AbortController();

  constructor(
    private readonly settings: PhoneSettings,
    private readonly outside: Outside,
    private readonly faults: PhoneFaults,
  ) {}

  /**
   * Calls WeChat, which is the emulator here.
   *
   * @throws {Failure}
   */
  askWechat<Answer extends object>(name: string, wishes: object = {}): Promise<Answer> {
    const { appid, user } = this.settings;
    return this.carry(
      { to: 'wechat', name: `wx.${name}`, carried: wishes },
      name,
      this.#closing.signal,
      async () => {
        const response = await fetch(`${wechatPath}wx/${name}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...wishes, appid, user }),
          credentials: 'omit',
          signal: this.#closing.signal,
        }).catch(unreachable);
        if (!response.ok) throw new Failure(`system error ${response.status}`);
        return (await response.json()) as Answer;
      },
      (answer) => ({ carried: answer }),
    );
  }

  /**
   * The scene of the newest code of this mini-program that somebody shows; undefined if there is none. The camera sees it, so it is no
   * call of the phone.
   */
  async newestScene(): Promise<string | undefined> {
    const response = await fetch(`${wechatPath}wxacodes`, { credentials: 'omit' });
    const { items } = (await response.json()) as { items: { appid: string; scene: string }[] };
    return items.findLast(({ appid }) => appid === this.settings.appid)?.scene;
  }

  /**
   * Calls the service.
   *
   * @throws {Failure} if there is no answer
   */
  async askService(request: ServiceRequest): Promise<ServiceAnswer> {
    const { by, method, body, redirect } = request;
    const signal = AbortSignal.any([request.signal, this.#closing.signal]);
    const { appid, phone } = this.settings;
    const place = this.placeOf(request.url);
    if (place === undefined) throw new Failure('url not in domain list', 600002);
    const headers: Record<string, string> = {
      ...request.headers,
      [appidHeader]: appid,
      [phoneHeader]: phone,
    };
    const path = place.slice(servicePath.length).replace(/[?#].*/, '');
    return this.carry(
      { to: 'service', name: `${method} ${path}`, carried: request.carried },
      by,
      signal,
      async () => {
        if (headers['authorization'] && this.faults.consume('token_expired')) {
          headers['authorization'] = expired(headers['authorization']);
        }
        const options = { method, headers, body, redirect, signal, credentials: 'omit' } as const;
        const response = await fetch(place, options).catch(unreachable);
        const answer = {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: await response.arrayBuffer().catch(unreachable),
        };
        if (this.faults.consume('answer_lost')) throw new Failure(netError('-101', 'CONNECTION_RESET'));
        return answer;
      },
      (answer) => ({ status: answer.status, carried: readable(answer) }),
    );
  }

  /** Aborts all calls, because the mini-program is closed. */
  close(): void {
    this.#closing.abort(new Failure('interrupted'));
  }

  /** The address for this frame of a URL of the service. Undefined for any other URL. */
  placeOf(url: string): string | undefined {
    const { serviceUrl } = this.settings;
    const isOwn = url.startsWith(serviceUrl) && /^([/?#]|$)/.test(url.slice(serviceUrl.length));
    return isOwn ? servicePath + url.slice(serviceUrl.length) : undefined;
  }

  /** Tells the page that a call begins and how it ends. */
  private async carry<Answer>(
    call: Call,
    by: string,
    signal: AbortSignal,
    send: () => Promise<Answer>,
    describeAnswer: (answer: Answer) => { status?: number; carried: unknown },
  ): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.outside.send({ type: 'call-started', id, at: Date.now(), ...call });
    try {
      if (this.faults.has('offline')) throw new Failure(netError('-106', 'INTERNET_DISCONNECTED'));
      if (this.faults.has('slow')) await sleep(slowness, signal);
      const answer = await send();
      this.outside.send({ type: 'call-ended', id, at: Date.now(), failed: false, ...describeAnswer(answer) });
      return answer;
    } catch (error) {
      const carried = failureOf(by, error);
      this.outside.send({ type: 'call-ended', id, at: Date.now(), failed: true, carried });
      throw error;
    }
  }
}

/** The text of WeChat on Android. */
function netError(number: string, name: string): string {
  return `errcode:${number} cronet_error_code:${number} error_msg:net::ERR_${name}`;
}

function unreachable(error: Error): never {
  // The reason of the abort: abort or timeout.
  throw error instanceof Failure ? error : new Failure(netError('-102', 'CONNECTION_REFUSED'));
}

/** Changes a token so that the service refuses it like an expired one: the signature no longer fits. */
function expired(authorization: string): string {
  return authorization.replace(/[^.]+$/, (signature) => [...signature].toReversed().join(''));
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

/** Describes a body for the page: JSON is parsed, other text stays, and of anything else only the type remains. */
function readable({ headers, body }: ServiceAnswer): unknown {
  const type = headers['content-type'] ?? '';
  if (body.byteLength === 0) return null;
  if (!/json|text/.test(type)) return type;
  const text = new TextDecoder().decode(body);
  return type.includes('json') ? parsed(text) : text;
}

/** Parses JSON. A text that is not JSON stays. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
