import { canonicalAddress } from '../validation/ip-address.js';
import type { HttpRequest } from './http-request.js';

/**
 * The address that a request came from, in its canonical spelling: of the client, if a trusted proxy names it; of the
 * proxy nearest to the client, if what that one says is no address.
 */
export function getClientIp({ ip, ips = [], socket }: Pick<HttpRequest, 'ip' | 'ips' | 'socket'>): string {
  // Express begins with the client, Fastify ends with it.
  const fromClient = ips[0] === ip ? ips : ips.toReversed();
  for (const text of [ip, ...fromClient, socket?.remoteAddress]) {
    const address = canonicalAddress(text ?? '');
    if (address !== undefined) return address;
  }
  return 'unknown';
}
