import { createServer } from 'node:net';
import { LocalError, errorCode } from './local.error.js';

/** Whether a port can be listened on. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  return (await listenOnce(port, host)) !== undefined;
}

/** A port of the loopback interface that nothing listens on. */
export async function findFreePort(): Promise<number> {
  const port = await listenOnce(0, '127.0.0.1');
  if (port === undefined) throw new Error('No port is free on 127.0.0.1.');
  return port;
}

/** @throws {LocalError} that names the setting to change */
export async function requirePort(setting: string, port: number, host: string): Promise<void> {
  if (!(await isPortFree(port, host))) {
    throw new LocalError(
      `Port ${port} is in use. Stop what listens there, or set ${setting} to another port.`,
    );
  }
}

function listenOnce(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (errorCode(error) === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined));
    });
  });
}
