import type { IncomingMessage } from 'node:http';
import { v7 as uuidv7 } from 'uuid';

const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's `X-Request-Id` where it has a harmless form, else one of ours. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : uuidv7();
}
