/** The server-sent events from the playground's server to its page. */
export type LiveEvent =
  /** The service has called WeChat. `at` is in milliseconds since 1970; secrets are masked. */
  | { type: 'wechat-call-started'; id: number; at: number; method: string; path: string; carried: unknown }
  /** WeChat has answered. Without a status, there was no answer. */
  | { type: 'wechat-call-ended'; id: number; at: number; status?: number; carried?: unknown }
  /** A web page that signs a user in calls the service. The path is without the id of a code. */
  | { type: 'web-call-started'; id: number; at: number; method: string; path: string }
  /** The service has answered the page. Without a status, the page went away before. */
  | { type: 'web-call-ended'; id: number; at: number; status?: number }
  /** The service has told the page of a state: `pending`, `scanned`, `approved`, `denied`, `expired`. */
  | { type: 'web-push'; at: number; name: string }
  /** A message of the service's webhook has arrived at the application. */
  | { type: 'webhook-message'; at: number; message: WebhookMessage }
  /** What the database has of the userName, after each change. One row, unless their mini-programs share no account. */
  | { type: 'users'; users: UserRecord[] }
  /** The faults that wait, after each change. */
  | { type: 'faults'; active: ServerFault[] };

/** Faults of WeChat or of the service. `PhoneFault` has those of a phone. */
export const serverFaults = [
  /** WeChat refuses the next code as used. */
  'code_used',
  /** WeChat is busy (-1) for the next two exchanges. */
  'wechat_busy',
  /** WeChat takes two seconds for the next exchange. */
  'wechat_slow',
  /** The user has logged in on another device, so the session_key has changed. */
  'key_rotated',
  /** Another server has fetched an access_token, so WeChat refuses ours. */
  'token_evicted',
  /** An admin ends the user's sessions. */
  'kicked',
  /** An admin disables the user for a minute. */
  'disabled',
] as const;
export type ServerFault = (typeof serverFaults)[number];

/** The body of a message of a webhook. */
export interface WebhookMessage {
  /** `user.created`, `user.disabled`, … */
  type: string;
  /** The time of the change, in ISO 8601. */
  timestamp: string;
  data: { userId: string; into?: string; appid?: string };
}

/** A user's row in `users` with its identities and sessions, under the names of the columns. */
export interface UserRecord {
  user: UserRow;
  identities: IdentityRow[];
  /** Newest first. */
  sessions: SessionRow[];
}

export interface UserRow {
  id: string;
  status: string;
  nickname: string | null;
  has_avatar: boolean;
  has_phone: boolean;
  roles: string[];
  token_version: number;
  session_epoch: number;
  disabled_until: string | null;
  erase_at: string | null;
  created_at: string;
}

export interface IdentityRow {
  appid: string;
  /** Shortened. */
  openid: string;
  unionid: string | null;
  /** The fingerprints of the session keys, shortened, newest first. */
  session_keys: string[];
}

export interface SessionRow {
  id: string;
  client_id: string;
  user_agent: string | null;
  generation: number;
  created_at: string;
  is_live: boolean;
  ended_reason: string | null;
}

/** What the page needs before it can draw a phone. */
export interface Setup {
  /** The user of the phones: a name in the emulator. */
  user: string;
  /** The service's address in the mini-program. */
  serviceUrl: string;
  /** Whether the service has the console. */
  hasConsole: boolean;
  app: PhoneApp;
  /** Another mini-program of the same Open Platform account, if there is one. */
  otherApp: PhoneApp | null;
}

export interface PhoneApp {
  appid: string;
  name: string | null;
}
