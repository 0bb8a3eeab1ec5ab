import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { deleteOutdatedPages } from '../database/delete-outdated-pages.js';

/** Codes are of use for as long as they may come again, five minutes at most, and leave after ten. */
@Injectable()
@BackgroundJob('login codes')
export class ExpiredLoginCodesJob implements Job {
  #page = 0;

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = await deleteOutdatedPages(manager, 'login_codes', this.#page);
    this.#page = next ?? 0;
    return next !== undefined;
  }
}
