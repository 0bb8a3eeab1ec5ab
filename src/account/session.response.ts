/** One of the user's own sessions: a phone that is signed in. */
export class SessionResponse {
  id: string;

  /** Whether it is the one that asks. */
  current: boolean;

  appid: string;

  /** The address of the login. */
  ip: string | null;

  userAgent: string | null;

  /** ISO 8601 in UTC. */
  createdAt: string;

  /** Last login or refresh; ISO 8601 in UTC. */
  lastSeenAt: string;
}
