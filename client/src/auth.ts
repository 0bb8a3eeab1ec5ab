/** What `createAuth` needs to know. */
export interface AuthOptions {
  /** Where the service is, such as `https://login.example.com`. */
  baseUrl: string;
  /** Needed where the service has several mini-programs and the `Referer` of wx.request does not reach it. */
  appid?: string;
}

/** Login that a mini-program can forget about. */
export interface Auth {
  login(): Promise<unknown>;
}

export function createAuth(options: AuthOptions): Auth {
  throw new Error(options.baseUrl);
}
