import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Works with a server that listens, and closes it afterwards. */
export async function served<Result>(
  server: Server,
  work: (url: string) => Result | Promise<Result>,
): Promise<Result> {
  if (!server.listening) await once(server, 'listening');
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
