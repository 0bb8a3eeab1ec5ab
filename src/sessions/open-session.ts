/** The properties of a user that tokens and responses contain. */
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

/** The user of a row that has more. Rows are slow objects, and a copy of all that is left over is slower. */
export function toSessionUser(row: SessionUser): SessionUser {
  const { id, roles, tokenVersion, nickname, avatarKey, phoneSealed, createdAt } = row;
  return { id, roles, tokenVersion, nickname, avatarKey, phoneSealed, createdAt };
}

/** An active session and its user. */
export interface OpenSession {
  user: SessionUser;
  sessionId: string;
  /** The mini-program in which the user logged in. */
  appid: string;
  /** When they logged in, by the clock of the database. A refresh keeps it. */
  loggedInAt: Date;
  refreshToken: string;
  /** Seconds until it expires, unless it is used before. */
  refreshExpiresIn: number;
}

/** The origin of a request that opens a session. */
export interface Client {
  ip: string;
  userAgent?: string;
}

const maxUserAgentLength = 512;

/** The user agent as a session stores it. */
export function userAgentOf({ userAgent }: Client): string | null {
  // The cut may separate a pair of surrogates.
  return userAgent?.slice(0, maxUserAgentLength).toWellFormed() ?? null;
}
