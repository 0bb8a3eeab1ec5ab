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
  /** Milliseconds, including the time that the request waits for its turn or for a login. */
  timeout?: number;
  /**
   * - `required`, the default: carries the access token, and logs in if needed;
   * - `optional`: carries the access token if a user is signed in;
   * - `none`: never carries it.
   */
  auth?: 'required' | 'optional' | 'none';
  /** Called with the task of wx.request; once more if the request is repeated: drop what the first task has delivered. */
  onTask?(task: Task): void;
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

/** The task that `wx` returns. The base library or platform may not have all of these functions. */
export interface Task {
  abort(): void;
  onHeadersReceived?(listener: (received: { header: Record<string, string> }) => void): void;
  onChunkReceived?(listener: (chunk: { data: ArrayBuffer }) => void): void;
  onProgressUpdate?(listener: (progress: Progress) => void): void;
}

export interface Progress {
  /** Percent. */
  progress: number;
  /** Bytes of an upload. */
  totalBytesSent?: number;
  totalBytesExpectedToSend?: number;
  /** Bytes of a download. */
  totalBytesWritten?: number;
  totalBytesExpectedToWrite?: number;
}

/** The options of `wx.uploadFile`. */
export interface UploadOptions extends RequestOptions {
  filePath: string;
  /** The name of the file's field in the form. */
  name: string;
  formData?: object;
  onProgress?(progress: Progress): void;
}

/** The options of `wx.downloadFile`. */
export interface DownloadOptions extends RequestOptions {
  /** Where to store the file. Without it, the file is temporary. */
  filePath?: string;
  onProgress?(progress: Progress): void;
}

/** The result of `wx.downloadFile`, for any status. */
export interface DownloadAnswer {
  statusCode: number;
  /** Set if the options have no `filePath`. */
  tempFilePath?: string;
  filePath?: string;
  header: Record<string, string>;
}

/** A promise of a call that can be aborted. The promise then rejects with the code `aborted`. */
export interface Abortable<Result> extends Promise<Result> {
  abort(): void;
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

/** What a page was opened with (the decoded `scene` of `onLoad`), or what the user has typed. */
export interface ScanReference {
  scene?: string;
  /** In any case, with or without the dash. */
  userCode?: string;
}

/** A web page that asks to be signed in. Show all of it: the user decides by it. */
export interface Scan {
  clientName: string;
  /** `BCDF-GHJK`: the page shows the same. */
  userCode: string;
  ip: string;
  /** The browser of the page. */
  userAgent: string | null;
  /** ISO 8601 in UTC. */
  startedAt: string;
  /** ISO 8601 in UTC. */
  expiresAt: string;
  /** Whether the page has the address of this phone. */
  sameAddress: boolean;
  /** Signs the page in. Logs in first if the last login is older than two minutes. */
  approve(): Promise<void>;
  deny(): Promise<void>;
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
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  uploadFile?(options: any): unknown;
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  downloadFile?(options: any): unknown;
  getStorage?(options: { key: string; encrypt?: boolean } & Callbacks<{ data: unknown }>): unknown;
  setStorage?(options: { key: string; data: unknown; encrypt?: boolean } & Callbacks<unknown>): unknown;
  getAppBaseInfo?(): { SDKVersion?: string };
}

/** How a mini-program adapts the client to its backends and pages. */
export interface Customization {
  /**
   * Whether an answer of an own origin says that the access token is no longer valid, for backends that do not say it with
   * status 401 and `WWW-Authenticate`: `({ data }) => data.code === 401`.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- pages know their data
  isExpired?: (answer: Answer<any>) => boolean;
  /**
   * Returns the data in an answer of an own origin, for backends that wrap it:
   * `({ data }) => (data && data.code === 0 ? data.data : data)`. It also receives the answers to logins and refreshes.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  unwrap?: (answer: Answer<any>) => unknown;
  /** Called before each call of a page. May return other options. If it throws, the call fails. */
  beforeRequest?: (options: RequestOptions) => RequestOptions | void | Promise<RequestOptions | void>;
  /** Called with each answer to a page. May return another answer. If it throws, the call fails. */
  afterResponse?: (answer: Answer, options: RequestOptions) => Answer | void | Promise<Answer | void>;
}

export interface AuthOptions extends Customization {
  /** The address of the service: `https://login.example.com`, with its path if it has one. */
  baseUrl: string;
  /** Further origins of the same owner that receive the access token: `['https://api.example.com']`. */
  origins?: string[];
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
   * wx.request as a promise. A request to the origin of `baseUrl` or to one of `origins` carries the access token, and is repeated
   * once if the token is refused. A request to any other origin is sent unchanged.
   *
   * @throws {AuthError} `network` if there is no answer, `signed_out` if nobody is signed in
   */
  request<Data = unknown>(options: RequestOptions): Abortable<Answer<Data>>;

  /**
   * wx.uploadFile as a promise, with the access token like `request`. `data` is parsed if it is a JSON object or array.
   *
   * @throws {AuthError} like `request`
   */
  upload<Data = unknown>(options: UploadOptions): Abortable<Answer<Data>>;

  /**
   * wx.downloadFile as a promise, with the access token like `request`.
   *
   * @throws {AuthError} like `request`
   */
  download(options: DownloadOptions): Abortable<DownloadAnswer>;

  /** Signs out at once, also for the next launches. Waits for the service for at most three seconds. Never rejects. */
  logout(): Promise<void>;

  /** The last known user. Null if signed out, and until the storage has been read. */
  readonly user: User | null;

  /**
   * An access token that is valid for a while, for sockets. Logs in or refreshes if needed. Null if signed out.
   *
   * @throws {AuthError} if a needed login or refresh fails
   */
  token(): Promise<string | null>;

  /**
   * Replaces the access token and returns the new one, for a socket or another call that has been refused. Null if signed out.
   *
   * @throws {AuthError} if the refresh fails
   */
  refresh(): Promise<string | null>;

  /**
   * Stores the phone number that the button returned.
   *
   * @throws {AuthError} if it fails for another reason: `network`, `rate_limited`, …
   */
  getPhoneNumber(event: PhoneEvent): Promise<PhoneOutcome>;

  /**
   * Shows which web page asks to be signed in by a code. From then on, only this user can decide.
   *
   * @throws {AuthError} `not_found` if the code has expired, was decided on, or another user has scanned it; `rate_limited`
   *   after too many wrong codes
   */
  scan(reference: ScanReference): Promise<Scan>;

  /** @returns a function that removes the listener */
  on<Name extends keyof AuthEvents>(event: Name, listener: (what: AuthEvents[Name]) => void): () => void;
}
