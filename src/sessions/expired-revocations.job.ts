import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { type Job, JobRunner } from '../jobs/job-runner.js';
import { deleteOutdated } from '../database/delete-outdated.js';
import { revocationLifetime } from './revocations.service.js';

/** Sorts before every id. */
const beforeAll = '0';

/** A revocation leaves a minute after the last token concerned must have expired, whatever nodes are set to. */
@Injectable()
export class ExpiredRevocationsJob implements Job {
  readonly name = 'revocations';
  #after = beforeAll;

  constructor(jobs: JobRunner) {
    jobs.add(this);
  }

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
