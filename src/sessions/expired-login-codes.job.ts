import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { type Job, JobRunner } from '../jobs/job-runner.js';

/** Pages of 8 kB for one batch, some 90 codes on each; of those, a minute's share is out of date. */
const pages = 128;

/**
 * Codes are of use for as long as they may come again, five minutes at most, and leave after ten.
 *
 * A thousand may arrive in a second, under keys that are hashes: an index on their time would cost each login more
 * than this costs all of them. So the table is read from its first page to its last, once a minute.
 */
@Injectable()
export class ExpiredLoginCodesJob implements Job {
  readonly name = 'login codes';
  #page = 0;

  constructor(jobs: JobRunner) {
    jobs.add(this);
  }

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = this.#page + pages;
    const [table] = await manager.query<{ goesOn: boolean }[]>(
      `
      WITH deleted AS (
        DELETE FROM login_codes
        WHERE ctid >= $1 AND ctid < $2 AND created_at < now() - interval '10 minutes'
      )
      SELECT pg_relation_size('login_codes') > $3::bigint * current_setting('block_size')::integer AS "goesOn"`,
      [`(${this.#page},0)`, `(${next},0)`, next],
    );
    const goesOn = table?.goesOn === true;
    this.#page = goesOn ? next : 0;
    return goesOn;
  }
}
