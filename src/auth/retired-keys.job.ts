import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { BackgroundJob, type Job } from '../background/background-job.js';

/** A signing key leaves a day after it was retired, when no node knows it any more. */
@Injectable()
@BackgroundJob('signing keys')
export class RetiredKeysJob implements Job {
  async runBatch({ manager }: Transaction): Promise<boolean> {
    await manager.query(`DELETE FROM signing_keys WHERE retired_at < now() - interval '1 day'`);
    return false;
  }
}
