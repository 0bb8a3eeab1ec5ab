import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { NIL, v7 as uuidv7 } from 'uuid';
import { Settings } from '../config/settings.js';
import { unusedSessionTtl } from '../config/token-lifetimes.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { deleteOutdated } from '../database/delete-outdated.js';

/** Sorts before every id. */
const beforeAll: string = NIL;

/** Milliseconds after its expiry, whatever the clocks of nodes and database say of each other. */
const delay = 3_600_000;

/**
 * Sessions leave an hour after they have expired. One that was ended stays until then, too: a phone that comes
 * back with its refresh token has to be told why.
 *
 * No index knows when a session expires, for every refresh would have to move it there. But ids sort by time of
 * creation, so that the walk can pass by all sessions too young to have expired. What an operator opened for ten
 * minutes leaves at the same age as a phone that never came back.
 */
@Injectable()
@BackgroundJob('sessions')
export class ExpiredSessionsJob implements Job {
  #after = beforeAll;

  constructor(private readonly settings: Settings) {}

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const shortestLife = unusedSessionTtl(this.settings) * 1_000;
    const next = await deleteOutdated(manager, 'sessions', {
      after: this.#after,
      before: firstIdAt(Date.now() - shortestLife - delay),
      isOutdated: `expires_at < now() - interval '${delay} milliseconds'`,
    });
    this.#after = next ?? beforeAll;
    return next !== undefined;
  }
}

/** The lowest UUIDv7 of a millisecond since 1970. */
function firstIdAt(msecs: number): string {
  return uuidv7({ msecs, seq: 0, random: new Uint8Array(16) });
}
