/** Parameters of a statement that opens a session, such as `$5`. */
interface SessionParameters {
  sessionId: string;
  refreshHash: string;
  ip: string;
  userAgent: string;
  /** Seconds until it expires, unless it is refreshed before. */
  lifetime: string;
}

/**
 * SQL: opens a session for a user, to be used as a part of one statement.
 *
 * @param source the row of the user: `id`, `session_epoch`, `identity_id`, `client_id`, and `logged_in_at`
 */
export function insertSession(source: string, parameters: SessionParameters): string {
  const { sessionId, refreshHash, ip, userAgent, lifetime } = parameters;
  return `
      INSERT INTO sessions
        (id, user_id, identity_id, client_id, session_epoch, refresh_hash, ip, user_agent, expires_at, created_at)
      SELECT
        ${sessionId}::uuid, id, identity_id, client_id, session_epoch, ${refreshHash}::bytea, ${ip}::text,
        ${userAgent}::text, now() + make_interval(secs => ${lifetime}::integer), logged_in_at
      FROM ${source}`;
}
