import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit, serviceActor } from '../audit/audit.js';
import { type Chore, Housekeeping } from '../database/housekeeping.js';

/** Each of them is written into the audit by a statement of its own. */
const batchSize = 100;

/** Who was disabled until a time that has come is active again. */
@Injectable()
export class DisabledUsersChore implements Chore {
  readonly name = 'disabled users';

  constructor(
    housekeeping: Housekeeping,
    private readonly audit: Audit,
  ) {
    housekeeping.add(this);
  }

  /** Passes over whom somebody else is changing at this moment. */
  async batch(manager: EntityManager): Promise<boolean> {
    const [enabled] = await manager.query<[{ id: string }[], number]>(
      `
      UPDATE users
      SET status = 'active', disabled_reason = NULL, disabled_until = NULL
      WHERE id = ANY (ARRAY(
        SELECT id
        FROM users
        WHERE status = 'disabled' AND disabled_until <= now()
        LIMIT ${batchSize}
        FOR NO KEY UPDATE SKIP LOCKED
      ))
      RETURNING id`,
    );
    for (const { id } of enabled) {
      await this.audit.record(manager, { ...serviceActor, action: 'user.enabled', userId: id });
    }
    return enabled.length === batchSize;
  }
}
