import type { PoolClient, QueryConfig, QueryResultRow } from 'pg';

/**
 * Runs a statement by pg's callback, with a timer of its own.
 *
 * pg's promise and its `query_timeout` both replace the callback of a query that exists already. As measured, V8 then moves
 * finished queries and their rows to the old generation, instead of freeing them.
 *
 * @param timeoutMs milliseconds until the statement is given up; by default, the `query_timeout` of the connection, if it has
 *   one. The statement may still run then: close the connection.
 */
export function runStatement<Row extends QueryResultRow>(
  client: PoolClient,
  statement: QueryConfig,
  timeoutMs?: number,
): Promise<Row[]> {
  const { connectionParameters } = client as unknown as { connectionParameters: { query_timeout: number } };
  const usualTimeoutMs = connectionParameters.query_timeout;
  return new Promise((resolve, reject) => {
    // The message is pg's.
    const giveUp = () => reject(new Error('Query read timeout'));
    const limitMs = timeoutMs ?? usualTimeoutMs;
    const timer = limitMs > 0 ? setTimeout(giveUp, limitMs) : undefined;
    // pg reads it now, and has no way to turn it off for a single statement.
    connectionParameters.query_timeout = 0;
    client.query<Row>(statement, (error, result) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(result.rows);
    });
    connectionParameters.query_timeout = usualTimeoutMs;
  });
}
