import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { deleteOutdated } from '../database/delete-outdated.js';

const beforeAll = '0';

/**
 * Messages stay for seven days after their end, for `webhooks:replay`. Those of a webhook that is no setting any more wait in
 * vain: nobody has touched them for seven days.
 */
@Injectable()
@BackgroundJob('webhook messages')
export class ExpiredWebhookMessagesJob implements Job {
  #after = beforeAll;

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const next = await deleteOutdated(manager, 'webhook_messages', {
      after: this.#after,
      isOutdated: `coalesce(settled_at, due_at) < now() - interval '7 days'`,
    });
    this.#after = next ?? beforeAll;
    return next !== undefined;
  }
}
