import { Injectable } from '@nestjs/common';
import { NIL } from 'uuid';
import { BackgroundJob, type Job } from '../background/background-job.js';
import type { Transaction } from '../database/database.js';
import { deleteOutdated } from '../database/delete-outdated.js';

/** Deletes scans ten minutes after they have expired: until then, the client is told `expired_token`. */
@Injectable()
@BackgroundJob('scans')
export class ExpiredScansJob implements Job {
  #after: string = NIL;

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = await deleteOutdated(manager, 'scans', {
      after: this.#after,
      isOutdated: `expires_at < now() - interval '10 minutes'`,
    });
    this.#after = next ?? NIL;
    return next !== undefined;
  }
}
