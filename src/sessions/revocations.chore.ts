import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Chore, Housekeeping } from '../database/housekeeping.js';
import { walkOn } from '../database/walk.js';

/** Sorts before every id. */
const beforeAll = '0';

/** A revocation leaves a minute after the last token concerned has expired. */
@Injectable()
export class RevocationsChore implements Chore {
  readonly name = 'revocations';
  #after = beforeAll;

  constructor(housekeeping: Housekeeping) {
    housekeeping.add(this);
  }

  async batch(manager: EntityManager): Promise<boolean> {
    const next = await walkOn(manager, 'revocations', {
      after: this.#after,
      isOutdated: `expires_at < now() - interval '1 minute'`,
    });
    this.#after = next ?? beforeAll;
    return next !== undefined;
  }
}
