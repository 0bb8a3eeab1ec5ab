import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { LocalError, errorCode } from './local.error.js';

/** Whether a port can be listened on. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (errorCode(error) === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Below those that systems hand to outgoing connections, one of which could take it before it is listened on. */
const candidates = { from: 20_000, below: 32_768 };

const found = new Set<number>();

/** A port of the loopback interface that nothing listens on, never the same twice. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(candidates.from, candidates.below);
    if (found.has(port) || !(await isPortFree(port, '127.0.0.1'))) continue;
    found.add(port);
    return port;
  }
  throw new Error('No port is free on 127.0.0.1.');
}

/** @throws {LocalError} that names the setting to change */
export async function requirePort(setting: string, port: number, host: string): Promise<void> {
  if (!(await isPortFree(port, host))) {
    throw new LocalError(
      `Port ${port} is in use. Stop what listens there, or set ${setting} to another port.`,
    );
  }
}
