import { once } from 'node:events';
import type { Client, Pool, PoolClient } from 'pg';

/** Milliseconds until the server counts as gone, and with it what it did for the connection. */
const confirmationTimeoutMs = 2_000;

/** The parts of a client that the types of `pg` do not have. */
interface Internals {
  host: string;
  port: number;
  processID: number;
  secretKey: number;
  connection: NodeJS.EventEmitter & {
    stream: { destroy(): void };
    connect(portOrPath: number | string, host?: string): void;
    requestSsl(): void;
    cancel(processID: number, secretKey: number): void;
  };
  ssl: unknown;
  sslNegotiation?: string;
}

/**
 * Has the server end the statement that is in progress on a connection, and waits until it has. Postgres does not notice a
 * closed connection while a statement waits for a lock or for a synchronous standby: if the connection were closed without
 * this, the server would keep it beside the one that replaces it. A pooler passes the request on. The statement of a commit that waits for
 * its standby is committed on the primary then.
 *
 * Resolves after two seconds if the server does not answer. Never rejects.
 *
 * https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export async function cancelStatement(client: PoolClient, pool: Pool): Promise<void> {
  const signal = AbortSignal.timeout(confirmationTimeoutMs);
  const stopWaiting = new AbortController();
  const waiting = { signal: AbortSignal.any([signal, stopWaiting.signal]) };
  const ended = Promise.race([once(client, 'drain', waiting), once(client, 'end', waiting)]).catch(() => {});
  requestCancel(client as unknown as Internals, pool, signal);
  await ended;
  stopWaiting.abort();
}

/** On a connection of its own, which the server closes. `cancel()` of `pg` does not know TLS. */
function requestCancel({ processID, secretKey }: Internals, pool: Pool, signal: AbortSignal): void {
  const { Client: Connecting } = pool as unknown as { Client: new (options: Pool['options']) => Client };
  const request = new Connecting(pool.options) as unknown as Internals;
  const { connection, host, port, ssl, sslNegotiation } = request;
  connection.on('error', () => {});
  connection.once('connect', () => {
    if (!ssl) connection.cancel(processID, secretKey);
    else if (sslNegotiation !== 'direct') connection.requestSsl();
  });
  connection.once('sslconnect', () => connection.cancel(processID, secretKey));
  signal.addEventListener('abort', () => connection.stream.destroy());
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
}
