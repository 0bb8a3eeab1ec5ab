import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { deleteOutdatedPages } from '../database/delete-outdated-pages.js';

/** Deletes login codes after ten minutes. A code may come again for at most five minutes. */
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
