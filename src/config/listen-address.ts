import type { Environment } from './environment.js';

/** Bytes that every system has for the path of a Unix socket: macOS 104 and Linux 108, with the NUL at its end. */
const maxSocketPathBytes = 103;

/**
 * The file of a Unix socket, as `HOST=unix:/run/weapp-auth/weapp-auth.sock` names it.
 *
 * @returns undefined if a host is meant, or the path is relative, of a directory, or too long
 */
export function readSocketPath(host: string): string | undefined {
  const path = /^unix:(\/.*[^/])$/.exec(host)?.[1];
  return path === undefined || Buffer.byteLength(path) > maxSocketPathBytes ? undefined : path;
}

/** Whether a server can listen there: a name or an address, or the path of a Unix socket. */
export function isListenHost(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return value.startsWith('unix:') ? readSocketPath(value) !== undefined : /^[\w.:-]+$/.test(value);
}

/** The first file descriptor that systemd passes: sd_listen_fds(3). */
export const firstPassedFd = 3;

/**
 * How many sockets systemd passes to this process: sd_listen_fds(3). A child of the process that they were meant for
 * inherits the variables, and not the sockets.
 */
export function countPassedSockets({ LISTEN_PID, LISTEN_FDS }: Environment): number {
  return LISTEN_PID === String(process.pid) ? Number(LISTEN_FDS) || 0 : 0;
}
