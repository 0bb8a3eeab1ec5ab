import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { type Job, JobRunner } from '../jobs/job-runner.js';

/** A signing key leaves a day after it was retired, when no node knows it any more. */
@Injectable()
export class RetiredKeysJob implements Job {
  readonly name = 'signing keys';

  constructor(jobs: JobRunner) {
    jobs.add(this);
  }

  async runBatch({ manager }: Transaction): Promise<boolean> {
    await manager.query(`DELETE FROM signing_keys WHERE retired_at < now() - interval '1 day'`);
    return false;
  }
}
