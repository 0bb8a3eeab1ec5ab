import { once } from 'node:events';
import { chmod, lstat, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readSocketPath } from '../config/listen-address.js';
import type { Settings } from '../config/settings.js';

/** The service cannot listen. The message says why, and what to do. */
export class ListenError extends Error {}

/** The owner and the group of the process may connect: the proxy belongs to that group. */
const socketMode = 0o660;

/**
 * Connections that the system keeps while this process is busy. Beyond Node's default of 511, it drops them. A phone then tries
 * again after one second, and after three: it would wait, although the service would have refused it at once.
 */
const backlog = 4_096;

/**
 * Listens on the socket that systemd passes, else at HOST: on a Unix socket, or on an address and PORT.
 *
 * @throws {ListenError}
 */
export async function listen(
  app: NestFastifyApplication,
  { host, port, listenFd }: Pick<Settings, 'host' | 'port' | 'listenFd'>,
): Promise<void> {
  const path = readSocketPath(host);
  try {
    if (listenFd !== undefined) {
      nameAddress(app.getHttpServer(), `file descriptor ${listenFd}`);
      // Without a host Fastify takes localhost, and listens a second time for its other address.
      await app.listen({ fd: listenFd, host: '0.0.0.0' });
    } else if (path !== undefined) {
      await removeDeadSocket(path);
      await app.listen({ path, backlog });
      await chmod(path, socketMode);
    } else {
      await app.listen({ port, host, backlog });
    }
  } catch (error) {
    throw explain(error, path, listenFd) ?? error;
  }
}

/** Node does not know the path of a Unix socket that it did not open, and Fastify and Nest do not get on without an address. */
function nameAddress(server: Server, name: string): void {
  const address = server.address.bind(server);
  server.address = () => address() ?? (server.listening ? name : null);
}

/** Removes what a process left that was killed, since nobody else can listen there. */
async function removeDeadSocket(path: string): Promise<void> {
  const file = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  if (!file.isSocket()) {
    throw new ListenError(`${path} is not a socket. Remove it, or name another file in HOST.`);
  }
  if (await isAnswered(path)) {
    throw new ListenError(`Another process listens on ${path}. Stop it, or name another file in HOST.`);
  }
  await rm(path, { force: true });
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')) return false;
    // Its queue is full.
    if (codeOf(error) === 'EAGAIN') return true;
    throw error;
  } finally {
    socket.destroy();
  }
}

function explain(
  error: unknown,
  path: string | undefined,
  listenFd: number | undefined,
): ListenError | undefined {
  const code = codeOf(error);
  const options = { cause: error };
  if (listenFd !== undefined && code === 'EINVAL') {
    return new ListenError(
      `File descriptor ${listenFd} is not a socket that listens. Start by a socket unit.`,
      options,
    );
  }
  if (path === undefined) {
    if (code !== 'EADDRINUSE') return undefined;
    return new ListenError('EADDRINUSE: its port is taken, choose another with PORT.', options);
  }
  // For a directory that is missing, too, Node says EACCES.
  if (code === 'EACCES') {
    const advice = 'Its directory must exist, and the user of the service must be able to write to it.';
    return new ListenError(`The service cannot listen on ${path} (EACCES). ${advice}`, options);
  }
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
