import type { AuthError } from './auth-error.js';

/** The signed-in person. */
export interface User {
  id: string;
  nickname: string | null;
  avatarUrl: string | null;
  /** E.164, `+8613800138000`. */
  phone: string | null;
  roles: string[];
  /** ISO 8601 in UTC. */
  createdAt: string;
}

/** What `wx.request` takes. */
export interface RequestOptions {
  /** Absolute, or relative to `baseUrl`: `/me`. */
  url: string;
  method?: 'OPTIONS' | 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'TRACE' | 'CONNECT';
  data?: string | object | ArrayBuffer;
  header?: Record<string, string>;
  /** Milliseconds. */
  timeout?: number;
  dataType?: string;
  responseType?: 'text' | 'arraybuffer';
  /** Called as wx.request would, with what the promise resolves or rejects with. */
  // oxlint-disable-next-line typescript/no-explicit-any -- pages name the type of what they expect, as WeChat's typings let them
  success?: (answer: any) => void;
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  fail?: (failure: any) => void;
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  complete?: (what: any) => void;
  /** Whatever else it takes. */
  // oxlint-disable-next-line typescript/no-explicit-any -- interfaces, such as WeChat's RequestOption, fit no other type
  [option: string]: any;
}

/** What `wx.request` gives, whatever the status. */
export interface Answer<Data = unknown> {
  statusCode: number;
  data: Data;
  header: Record<string, string>;
  /** The data from WeChat was sealed under an old session key. There is a new one now: ask WeChat for the data again. */
  fetchAgain?: true;
}

export interface LoginOptions {
  /** Takes back the wish to be deleted. Only after the person was asked. */
  restore?: true;
  /** The person has just agreed to this version of the privacy policy. */
  consent?: { policyVersion: string };
  /** What the getPhoneNumber button gave: stores the phone number in the same call. */
  phoneCode?: string;
}

export interface Login {
  user: User;
  /** Whether this login made the user. */
  isNewUser: boolean;
  /** What beside the login did not work: `[{code: 'phone_code_invalid'}]`. */
  warnings?: { code: string }[];
}

/** The event of `<button open-type="getPhoneNumber">`. */
export interface PhoneEvent {
  detail: { errMsg?: string; errno?: number; code?: string; encryptedData?: string; iv?: string };
}

export type PhoneOutcome =
  | { outcome: 'stored'; user: User }
  /** The person said no. */
  | { outcome: 'denied' }
  /** WeChat gives this mini-program no more numbers until more are paid for. */
  | { outcome: 'quota_exceeded' }
  /** What the button gave was spent or too old: let the person tap it again. */
  | { outcome: 'try_again' };

export interface AuthEvents {
  /** Somebody was logged in, silently or because the page asked. */
  login: Login;
  /** From now on it stays out: `signed_out`, `kicked`, `disabled`, `deleted`, or `blocked` by WeChat. */
  logout: { reason: string };
  /** A login or a renewal has failed. Whoever waited for it is told, too. */
  error: AuthError;
}

/** Where things are kept between launches. */
export interface AuthStorage {
  /** Undefined or empty where there is nothing. */
  get(key: string): unknown;
  set(key: string, value: string): unknown;
}

interface Callbacks<Result> {
  success?: (result: Result) => void;
  fail?: (failure: { errMsg: string }) => void;
  complete?: (result: { errMsg: string }) => void;
}

/** The part of `wx` that is used; `uni`, `Taro` and a test's own will do, too. */
export interface Wechat {
  login(options: { timeout?: number } & Callbacks<{ code: string }>): unknown;
  // oxlint-disable-next-line typescript/no-explicit-any -- WeChat's typings differ from version to version, Taro's and uni's from them
  request(options: any): unknown;
  getStorage?(options: { key: string; encrypt?: boolean } & Callbacks<{ data: unknown }>): unknown;
  setStorage?(options: { key: string; data: unknown; encrypt?: boolean } & Callbacks<unknown>): unknown;
  getAppBaseInfo?(): { SDKVersion?: string };
}

export interface AuthOptions {
  /** Where the service is: `https://login.example.com`, with a path where it has one. */
  baseUrl: string;
  /** Needed where the service has several mini-programs and cannot tell by the Referer of wx.request. */
  appid?: string;
  /** In place of wx.setStorage. */
  storage?: AuthStorage;
  /** In place of the global `wx`. */
  wx?: Wechat;
}

/** Login that a mini-program can forget about. */
export interface Auth {
  /**
   * Logs in by a fresh wx.login, and ends the staying out. Needed only then, or to pass something on: requests log in by
   * themselves.
   *
   * @throws {AuthError} such as `account_deleting` with `problem.eraseAt`, `account_disabled` or `network`
   */
  login(options?: LoginOptions): Promise<Login>;

  /**
   * wx.request, as a promise. To the origin of `baseUrl` it carries the access token, and is sent a second time at most, where
   * it was refused; to any other it goes as it is.
   *
   * @throws {AuthError} where there is no answer (`network`), or nobody is signed in (`signed_out`)
   */
  request<Data = unknown>(options: RequestOptions): Promise<Answer<Data>>;

  /** Signs out here at once and over launches, and tells the service, if it answers within three seconds. Never rejects. */
  logout(): Promise<void>;

  /** The person as last known; null until the storage was read, and when signed out. */
  readonly user: User | null;

  /**
   * An access token that is still good for a while, for wx.uploadFile and sockets: logs in or renews as needed. Null when staying out.
   *
   * @throws {AuthError} where it cannot be had at the moment
   */
  token(): Promise<string | null>;

  /**
   * Stores the phone number that the button gave.
   *
   * @throws {AuthError} where that is nobody's choice: `network`, `rate_limited`, …
   */
  getPhoneNumber(event: PhoneEvent): Promise<PhoneOutcome>;

  /** @returns what ends the listening */
  on<Name extends keyof AuthEvents>(event: Name, listener: (what: AuthEvents[Name]) => void): () => void;
}
