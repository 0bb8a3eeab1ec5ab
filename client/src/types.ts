import type { AuthError } from './auth-error.js';

/** The signed-in user. */
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

/** The options of `wx.request`. */
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
  /** Called as wx.request calls it, with the result or the error of the promise. */
  // oxlint-disable-next-line typescript/no-explicit-any -- pages name the type of what they expect, as WeChat's typings let them
  success?: (answer: any) => void;
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  fail?: (failure: any) => void;
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  complete?: (what: any) => void;
  /** All other options of wx.request. */
  // oxlint-disable-next-line typescript/no-explicit-any -- interfaces, such as WeChat's RequestOption, fit no other type
  [option: string]: any;
}

/** The result of `wx.request`, for any status. */
export interface Answer<Data = unknown> {
  statusCode: number;
  data: Data;
  header: Record<string, string>;
  /** WeChat's data was encrypted with an old session key. The client has logged in again: fetch the data from WeChat again. */
  fetchAgain?: true;
}

export interface LoginOptions {
  /** Cancels the deletion of the account. Ask the user first. */
  restore?: true;
  /** The user has just agreed to this version of the privacy policy. */
  consent?: { policyVersion: string };
  /** The code of the getPhoneNumber button: the login stores the phone number, too. */
  phoneCode?: string;
}

export interface Login {
  user: User;
  /** Whether this login created the user. */
  isNewUser: boolean;
  /** What failed although the login succeeded, such as `[{code: 'phone_code_invalid'}]`. */
  warnings?: { code: string }[];
}

/** The event of `<button open-type="getPhoneNumber">`. */
export interface PhoneEvent {
  detail: { errMsg?: string; errno?: number; code?: string; encryptedData?: string; iv?: string };
}

export type PhoneOutcome =
  | { outcome: 'stored'; user: User }
  /** The user refused. */
  | { outcome: 'denied' }
  /** The mini-program has to buy more phone numbers from WeChat. */
  | { outcome: 'quota_exceeded' }
  /** What the button returned was already used, or is too old: let the user tap it again. */
  | { outcome: 'try_again' };

export interface AuthEvents {
  /** A login succeeded, in the background or because the page asked for it. */
  login: Login;
  /** The session stays signed out from now on: `signed_out`, `kicked`, `disabled`, `deleted`, or `blocked` by WeChat. */
  logout: { reason: string };
  /** A login or a refresh failed. The requests that waited for it fail with the same error. */
  error: AuthError;
}

/** Storage that survives the end of the launch. */
export interface AuthStorage {
  /** Undefined or empty if nothing is stored. */
  get(key: string): unknown;
  set(key: string, value: string): unknown;
}

interface Callbacks<Result> {
  success?: (result: Result) => void;
  fail?: (failure: { errMsg: string }) => void;
  complete?: (result: { errMsg: string }) => void;
}

/** The part of `wx` that the client uses. `uni`, `Taro` and the fake of a test fit, too. */
export interface Wechat {
  login(options: { timeout?: number } & Callbacks<{ code: string }>): unknown;
  // oxlint-disable-next-line typescript/no-explicit-any -- WeChat's typings differ from version to version, Taro's and uni's from them
  request(options: any): unknown;
  getStorage?(options: { key: string; encrypt?: boolean } & Callbacks<{ data: unknown }>): unknown;
  setStorage?(options: { key: string; data: unknown; encrypt?: boolean } & Callbacks<unknown>): unknown;
  getAppBaseInfo?(): { SDKVersion?: string };
}

export interface AuthOptions {
  /** The address of the service: `https://login.example.com`, with its path if it has one. */
  baseUrl: string;
  /** Needed if the service has several mini-programs and cannot see the Referer of wx.request. */
  appid?: string;
  /** Replaces wx.setStorage. */
  storage?: AuthStorage;
  /** Replaces the global `wx`. */
  wx?: Wechat;
}

/** The client. The mini-program does not have to care about login. */
export interface Auth {
  /**
   * Logs in with a fresh wx.login. Needed only after a sign-out, or to pass options: requests log in by themselves.
   *
   * @throws {AuthError} such as `account_deleting` with `problem.eraseAt`, `account_disabled` or `network`
   */
  login(options?: LoginOptions): Promise<Login>;

  /**
   * wx.request as a promise. A request to the origin of `baseUrl` carries the access token, and is repeated once if the service
   * refuses the token. A request to any other origin is sent unchanged.
   *
   * @throws {AuthError} `network` if there is no answer, `signed_out` if nobody is signed in
   */
  request<Data = unknown>(options: RequestOptions): Promise<Answer<Data>>;

  /** Signs out at once, also for the next launches. Waits for the service for at most three seconds. Never rejects. */
  logout(): Promise<void>;

  /** The last known user. Null if signed out, and until the storage has been read. */
  readonly user: User | null;

  /**
   * An access token that is valid for a while, for wx.uploadFile and sockets. Logs in or refreshes if needed. Null if signed out.
   *
   * @throws {AuthError} if a needed login or refresh fails
   */
  token(): Promise<string | null>;

  /**
   * Stores the phone number that the button returned.
   *
   * @throws {AuthError} if it fails for another reason: `network`, `rate_limited`, …
   */
  getPhoneNumber(event: PhoneEvent): Promise<PhoneOutcome>;

  /** @returns a function that removes the listener */
  on<Name extends keyof AuthEvents>(event: Name, listener: (what: AuthEvents[Name]) => void): () => void;
}
