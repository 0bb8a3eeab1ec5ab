import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { deleteOutdated } from '../database/delete-outdated.js';
import { revocationLifetime } from './revocations.service.js';

/** Sorts before every id. */
const beforeAll = '0';

/** Deletes a revocation one minute after the last token that it concerns has expired, whatever the settings of the nodes are. */
@Injectable()
@BackgroundJob('revocations')
export class ExpiredRevocationsJob implements Job {
  #after = beforeAll;

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = await deleteOutdated(manager, 'revocations', {
      after: this.#after,
      isOutdated: `greatest(expires_at, created_at + interval '${revocationLifetime} seconds')
        < now() - interval '1 minute'`,
    });
    this.#after = next ?? beforeAll;
    return next !== undefined;
  }
}
