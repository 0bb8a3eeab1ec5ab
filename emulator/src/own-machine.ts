import type { IncomingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';

/** Additional names that a program accepts, beside those of its machine. */
export interface Reachable {
  /** Host names and addresses, without a port. */
  hosts?: readonly string[];
  /** Origins of web pages, as a browser writes them. */
  origins?: readonly string[];
}

/** Names that always mean this machine (RFC 6761 section 6.3), and its loopback addresses. */
const loopback = /^((?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Returns why a request is refused: a web page may have sent it. A page of another origin can send requests to this
 * machine (CSRF), and a page whose name was pointed at this machine can read the answers, too (DNS rebinding).
 * Undefined if the request comes from a program, or from a page of this machine.
 */
export function refuseWebPages(
  { host, origin }: Pick<IncomingHttpHeaders, 'host' | 'origin'>,
  { hosts = [], origins = [] }: Reachable = {},
): string | undefined {
  const names = hosts.map((name) => (isIPv6(name) ? `[${name}]` : name).toLowerCase());
  const isOwn = (hostAndPort: string): boolean => {
    const name = hostAndPort.replace(/:\d*$/, '');
    return loopback.test(name) || names.includes(name.toLowerCase());
  };
  if (host === undefined || !isOwn(host)) {
    return `${JSON.stringify(host ?? '')} is no name of this machine that it knows.`;
  }
  const page = origin === undefined ? undefined : /^https?:\/\/(.+)$/i.exec(origin)?.[1];
  if (origin === undefined || (page !== undefined && isOwn(page)) || origins.includes(origin)) {
    return undefined;
  }
  return `the web page ${JSON.stringify(origin)} is of another machine.`;
}
