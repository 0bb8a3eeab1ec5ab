import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/database.js';
import { NIL } from 'uuid';
import { BackgroundJob, type Job } from '../../background/background-job.js';
import { batchSize } from '../../database/delete-outdated.js';
import { UserStatusService } from './user-status.service.js';

/** Sorts before all users. */
const beforeAll = { createdAt: '-infinity', id: NIL as string };

/**
 * Lifts expired bans; a login of the user lifts them, too. Few users are disabled, and an index has them in the order of
 * their creation: the job walks along this index.
 */
@Injectable()
@BackgroundJob('disabled users')
export class ExpiredBansJob implements Job {
  #after = beforeAll;

  constructor(private readonly status: UserStatusService) {}

  async runBatch(tx: Transaction): Promise<boolean> {
    const { manager } = tx;
    const users = await manager.query<{ id: string; createdAt: string; isDue: boolean }[]>(
      `
      SELECT id, created_at::text AS "createdAt", coalesce(disabled_until <= now(), false) AS "isDue"
      FROM users
      WHERE status = 'disabled' AND (created_at, id) > ($1::timestamptz, $2::uuid)
      ORDER BY created_at, id
      LIMIT ${batchSize}`,
      [this.#after.createdAt, this.#after.id],
    );
    const due = users.filter(({ isDue }) => isDue).map(({ id }) => id);
    // A user that another transaction has locked is left to the next run.
    const free = await manager.query<{ id: string }[]>(
      `SELECT id FROM users WHERE id = ANY ($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED`,
      [due],
    );
    for (const { id } of free) await this.status.liftExpiredBan(tx, id);
    const goesOn = users.length === batchSize;
    this.#after = goesOn ? users.at(-1)! : beforeAll;
    return goesOn;
  }
}
