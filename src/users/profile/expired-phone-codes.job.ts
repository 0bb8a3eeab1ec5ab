import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/database.js';
import { deleteOutdatedPages } from '../../database/delete-outdated-pages.js';
import { BackgroundJob, type Job } from '../../background/background-job.js';

/** WeChat accepts a phone code for five minutes. It leaves after ten. */
@Injectable()
@BackgroundJob('phone codes')
export class ExpiredPhoneCodesJob implements Job {
  #page = 0;

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = await deleteOutdatedPages(manager, 'phone_codes', this.#page);
    this.#page = next ?? 0;
    return next !== undefined;
  }
}
