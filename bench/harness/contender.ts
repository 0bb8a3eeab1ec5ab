import type { World } from '../world/world.js';
import type { ServerProcess } from './server-process.js';

/** A server on a database of its own, which is measured beside others. */
export interface Contender {
  /** `service`. */
  name: string;
  world: World;
  /** @param hasWebhook whether a webhook is told what happens to users */
  start: (hasWebhook?: boolean) => Promise<ServerProcess>;
}
