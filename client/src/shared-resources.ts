import { LoginCodes } from './login-codes.js';
import { RequestQueue } from './request-queue.js';
import type { Wechat } from './types.js';

/** All clients on one phone share these. */
interface SharedResources {
  queue: RequestQueue;
  codes: LoginCodes;
}

const byWx = new WeakMap<Wechat, SharedResources>();

/** Returns the same resources for all clients with the same `wx`. */
export function getSharedResources(wx: Wechat): SharedResources {
  const resources = byWx.get(wx) || { queue: new RequestQueue(), codes: new LoginCodes(wx) };
  byWx.set(wx, resources);
  return resources;
}
