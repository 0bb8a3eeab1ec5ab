import type { LoadRequest } from '../harness/load.js';
import type { World } from '../world/world.js';

/** Something that clients ask of a server. */
export interface Scenario {
  /** `login-known`: what the command line calls it. */
  name: string;
  /** What the table calls it. */
  title: string;
  /** Requests under way. Default: 32. */
  connections?: number;
  /** Whether a request may be sent only once, as a login code. */
  isOneTime?: boolean;
  /** Whether a webhook is told what happens to users. */
  hasWebhook?: boolean;
  /** Changes the database before the server starts. */
  prepare?: (world: World) => Promise<void>;
  /**
   * Makes requests for one round.
   *
   * @param first the serial of the first one: no two rounds have a serial in common
   * @param count how many, if they may be sent only once
   */
  makeRequests: (world: World, first: number, count: number) => LoadRequest[];
}

/** So many things, made from their serials. */
export function series<Thing>(first: number, count: number, make: (serial: number) => Thing): Thing[] {
  return Array.from({ length: count }, (_, index) => make(first + index));
}

export function post(path: string, body: object, headers: Record<string, string> = {}): LoadRequest {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
