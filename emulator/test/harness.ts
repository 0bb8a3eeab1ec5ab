import { createDecipheriv, createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { createEmulator, type Emulator } from '../src/index.js';

export const appOne = 'wxe000000000000001';
export const appTwo = 'wxe000000000000002';
export const appAlone = 'wxe000000000000003';

export interface Answer {
  status: number;
  contentType: string | null;
  text: string;
  /** The body as JSON; undefined if it is none. */
  json: Record<string, unknown>;
}

export interface LoggedIn {
  openid: string;
  sessionKey: string;
}

/** One emulator for a test file, as new before each test, spoken to over HTTP. */
export function useEmulator() {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await createEmulator();
  });
  beforeEach(() => emulator.wechat.reset());
  afterEach(() => vi.useRealTimers());
  afterAll(() => emulator.close());

  async function call(path: string, init?: RequestInit): Promise<Answer> {
    const response = await fetch(`${emulator.url}${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      text,
      json: parse(text),
    };
  }

  async function control(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(`/__emulator__${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    });
  }

  function get(path: string, query: Record<string, string> = {}): Promise<Answer> {
    return call(`${path}?${new URLSearchParams(query).toString()}`);
  }

  async function login(appid = appOne, user = 'anna'): Promise<string> {
    const { json } = await control('POST', '/wx/login', { appid, user });
    return String(json['code']);
  }

  function exchange(code: string, changes: Record<string, string | undefined> = {}): Promise<Answer> {
    const { appid = appOne, secret = secretOf(appid), ...others } = changes;
    const query = { appid, secret, js_code: code, grant_type: 'authorization_code', ...others };
    return get('/sns/jscode2session', withoutUndefined(query));
  }

  function plainToken(changes: Record<string, string | undefined> = {}): Promise<Answer> {
    const { appid = appOne, secret = secretOf(appid), ...others } = changes;
    return get(
      '/cgi-bin/token',
      withoutUndefined({ grant_type: 'client_credential', appid, secret, ...others }),
    );
  }

  function stableToken(changes: Record<string, unknown> = {}): Promise<Answer> {
    const { appid = appOne, ...others } = changes;
    return post('/cgi-bin/stable_token', {
      grant_type: 'client_credential',
      appid,
      secret: secretOf(String(appid)),
      ...others,
    });
  }

  function post(path: string, body: unknown): Promise<Answer> {
    return call(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  /** A call under /wxa/, with a token of this app. */
  async function postWithToken(path: string, body: unknown, appid = appOne): Promise<Answer> {
    const { json } = await stableToken({ appid });
    return post(`${path}?access_token=${String(json['access_token'])}`, body);
  }

  /** `wx.login` and the exchange of its code. */
  async function logIn(appid = appOne, user = 'anna'): Promise<LoggedIn> {
    const { json } = await exchange(await login(appid, user), { appid });
    return { openid: String(json['openid']), sessionKey: String(json['session_key']) };
  }

  return {
    call,
    control,
    get,
    post,
    postWithToken,
    login,
    logIn,
    exchange,
    plainToken,
    stableToken,
    get url() {
      return emulator.url;
    },
    get wechat() {
      return emulator.wechat;
    },
    get phone() {
      return emulator.phone;
    },
    advance: (advanceSeconds: number) => control('POST', '/clock', { advanceSeconds }),
  };
}

export function secretOf(appid: string): string {
  return appid.slice(-16).repeat(2);
}

/** What a backend signs its session key with: the key as text, over nothing. */
export function signatureBy(sessionKey: string): string {
  return createHmac('sha256', sessionKey).update('').digest('hex');
}

/** What a refusal looks like under /cgi-bin/ and /wxa/. */
export function refusal(errcode: number, message: string): object {
  return {
    errcode,
    errmsg: expect.stringMatching(new RegExp(`^${message} rid: [0-9a-f]{8}(-[0-9a-f]{8}){2}$`)),
  };
}

/** What a backend reads with its session key. */
export function decrypt(sessionKey: string, answer: Record<string, unknown>): Record<string, unknown> {
  const key = Buffer.from(sessionKey, 'base64');
  const iv = Buffer.from(String(answer['iv']), 'base64');
  const decipher = createDecipheriv('aes-128-cbc', key, iv);
  const bytes = Buffer.from(String(answer['encryptedData']), 'base64');
  return JSON.parse(Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8'));
}

/** The machine's time stands still, while timers and connections go on. */
export function freezeTime(at = '2026-03-01T08:00:00.000Z'): void {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(at) });
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function withoutUndefined(query: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
