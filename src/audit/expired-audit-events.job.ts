import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { Settings } from '../config/settings.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { batchSize } from '../database/delete-outdated.js';

/** Entries leave after `AUDIT_RETENTION`, from the lowest id on: the oldest, but for a transaction's length. */
@Injectable()
@BackgroundJob('audit')
export class ExpiredAuditEventsJob implements Job {
  constructor(private readonly settings: Settings) {}

  async runBatch({ manager }: Transaction): Promise<boolean> {
    const [, deleted] = await manager.query<[unknown[], number]>(
      `
      DELETE FROM audit_events
      WHERE id = ANY (ARRAY(
        SELECT id
        FROM (SELECT id, created_at FROM audit_events ORDER BY id LIMIT ${batchSize}) AS oldest
        WHERE created_at < now() - make_interval(secs => $1)
      ))`,
      [this.settings.auditRetention],
    );
    return deleted === batchSize;
  }
}
