import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { deleteOutdatedPages } from '../database/delete-outdated-pages.js';
import { type Job, JobRunner } from '../jobs/job-runner.js';

/** Codes are of use for as long as they may come again, five minutes at most, and leave after ten. */
@Injectable()
export class ExpiredLoginCodesJob implements Job {
  readonly name = 'login codes';
  #page = 0;

  constructor(jobs: JobRunner) {
    jobs.add(this);
  }

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = await deleteOutdatedPages(manager, 'login_codes', this.#page);
    this.#page = next ?? 0;
    return next !== undefined;
  }
}
