/** One of the user's own sessions: a phone or a web page that is signed in. */
export class SessionResponse {
  id: string;

  /** Whether it is the one that asks. */
  current: boolean;

  /** Null if the session was not opened in a mini-program. */
  appid: string | null;

  /** The web client that the user has signed in to by scanning, or `operator`; absent for a mini-program. */
  clientId?: string;

  /** Its name in the settings. */
  clientName?: string | null;

  /** The address of the login. */
  ip: string | null;

  userAgent: string | null;

  /** ISO 8601 in UTC. */
  createdAt: string;

  /** Last login or refresh; ISO 8601 in UTC. */
  lastSeenAt: string;
}
