/** What of a user tokens and answers are made of. */
export interface SessionUser {
  id: string;
  roles: string[];
  tokenVersion: number;
  nickname: string | null;
  avatarKey: string | null;
  phoneSealed: string | null;
  createdAt: Date;
}

/** The columns of `SessionUser`, for the statements that open or refresh a session. */
export const sessionUserColumns = `
  users.id, users.roles, users.token_version AS "tokenVersion", users.nickname,
  users.avatar_key AS "avatarKey", users.phone_sealed AS "phoneSealed", users.created_at AS "createdAt"`;

/** A session that goes on, and whose it is. */
export interface OpenSession {
  user: SessionUser;
  sessionId: string;
  /** The mini-program through which the user came in. */
  appid: string;
  /** When they logged in, by the clock of the database. A refresh keeps it. */
  loggedInAt: Date;
  refreshToken: string;
  /** Seconds until it expires, unless it is used before. */
  refreshExpiresIn: number;
}

/** Where a request that opens a session came from. */
export interface Client {
  ip: string;
  userAgent?: string;
}

const maxUserAgentLength = 512;

/** The client's program as a session keeps it. */
export function userAgentOf({ userAgent }: Client): string | null {
  // The cut may go through a pair of surrogates.
  return userAgent?.slice(0, maxUserAgentLength).toWellFormed() ?? null;
}
