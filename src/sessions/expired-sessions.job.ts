import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { NIL, v7 as uuidv7 } from 'uuid';
import { Settings } from '../config/settings.js';
import { unusedSessionTtl } from '../config/token-lifetimes.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { deleteOutdated } from '../database/delete-outdated.js';

/** Sorts before every id. */
const beforeAll: string = NIL;

/** Milliseconds between the expiry of a session and its deletion: more than any difference between the clocks. */
const delay = 3_600_000;

/**
 * Deletes sessions an hour after they have expired. An ended session also stays until then: a phone that comes back with
 * its refresh token is told the reason.
 *
 * No index contains the expiry, because every refresh would have to change it. Ids sort by time of creation, so the job
 * skips all sessions that are too young to have expired. A session that `admin:token` opened for ten minutes is deleted
 * at the same age as one that was never refreshed.
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
