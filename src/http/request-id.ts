import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

const known = new WeakMap<object, string>();

/**
 * The id of a request, always the same for the same one: the caller's `X-Request-Id` where it has a harmless form, else
 * one of ours.
 *
 * @param request of Node, whatever framework stands above it
 */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  let id = known.get(request);
  if (id === undefined) {
    const given = request.headers['x-request-id'];
    id = typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
    known.set(request, id);
  }
  return id;
}
