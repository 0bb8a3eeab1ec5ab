import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Chore, Housekeeping } from '../database/housekeeping.js';

/** A signing key leaves a day after it was retired, when no node knows it any more. */
@Injectable()
export class RetiredKeysChore implements Chore {
  readonly name = 'signing keys';

  constructor(housekeeping: Housekeeping) {
    housekeeping.add(this);
  }

  async batch(manager: EntityManager): Promise<boolean> {
    await manager.query(`DELETE FROM signing_keys WHERE retired_at < now() - interval '1 day'`);
    return false;
  }
}
