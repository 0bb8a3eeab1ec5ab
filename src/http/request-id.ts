import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** Where the id of a request is kept: at the request, since an entry of a WeakMap costs the garbage collector more. */
const requestId = Symbol('requestId');

/**
 * The id of a request, always the same for the same one: the caller's `X-Request-Id` where it has a harmless form, else
 * one of ours.
 *
 * @param request of Node, whatever framework stands above it
 */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'> & { [requestId]?: string }): string {
  return (request[requestId] ??= chooseId(request.headers['x-request-id']));
}

function chooseId(given: string | string[] | undefined): string {
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
}
