/** What the playground's server tells its page while it is open, as server-sent events. */
export type LiveEvent =
  /** The service has called WeChat. `at` is in milliseconds since 1970; secrets are masked. */
  | { type: 'wechat-call-started'; id: number; at: number; method: string; path: string; carried: unknown }
  /** WeChat has answered, or has not: then there is no status. */
  | { type: 'wechat-call-ended'; id: number; at: number; status?: number; carried?: unknown }
  /** What the database has of the person, after each change. One row, unless their mini-programs share no account. */
  | { type: 'people'; people: PersonRecord[] }
  /** What is going to go wrong, after each change. */
  | { type: 'troubles'; armed: ServerTrouble[] };

/** What goes wrong at WeChat or in the service. What goes wrong on a phone is the phone's matter. */
export const serverTroubles = [
  /** WeChat says of the next code that it was used. */
  'code_used',
  /** WeChat is busy (-1) for the next two exchanges. */
  'wechat_busy',
  /** WeChat takes two seconds for the next exchange. */
  'wechat_slow',
  /** Somebody has logged in on another device: the session_key is another one. */
  'key_rotated',
  /** Another server has fetched an access_token of its own, so that ours is refused. */
  'token_evicted',
  /** An operator ends the person's sessions. */
  'kicked',
  /** An operator disables the person for a minute. */
  'disabled',
] as const;
export type ServerTrouble = (typeof serverTroubles)[number];

/** A person's row in `users`, and what hangs on it; under the names of the columns. */
export interface PersonRecord {
  user: UserRow;
  identities: IdentityRow[];
  /** The newest first. */
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
  /** The beginning of it. */
  openid: string;
  unionid: string | null;
  /** The beginnings of the fingerprints of the session keys, the newest first. */
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

/** What the page has to know before it can draw a phone. */
export interface Setup {
  /** Who holds the phones, as the emulator knows them. */
  user: string;
  /** Where the mini-program believes the service to be. */
  serviceUrl: string;
  app: PhoneApp;
  /** Another mini-program of the same Open Platform account, where there is one. */
  otherApp: PhoneApp | null;
}

export interface PhoneApp {
  appid: string;
  name: string | null;
}
