import type { FastifyRequest } from 'fastify';
import { canonicalAddress } from '../validation/ip-address.js';

/**
 * The address that a request came from, in its canonical spelling: of the client, if a trusted proxy names it; of the
 * proxy nearest to the client, if what that one says is no address.
 */
export function getClientIp({ ip, ips }: Pick<FastifyRequest, 'ip' | 'ips'>): string {
  const chain = (ips ?? [ip]).map((text) => canonicalAddress(text ?? ''));
  return chain.findLast((address) => address !== undefined) ?? 'unknown';
}
