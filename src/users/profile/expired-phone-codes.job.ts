import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/database.js';
import { deleteOutdatedPages } from '../../database/delete-outdated-pages.js';
import { type Job, JobRunner } from '../../jobs/job-runner.js';

/** WeChat accepts a phone code for five minutes. It leaves after ten. */
@Injectable()
export class ExpiredPhoneCodesJob implements Job {
  readonly name = 'phone codes';
  #page = 0;

  constructor(jobs: JobRunner) {
    jobs.add(this);
  }

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = await deleteOutdatedPages(manager, 'phone_codes', this.#page);
    this.#page = next ?? 0;
    return next !== undefined;
  }
}
