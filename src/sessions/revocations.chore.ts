import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Chore, Housekeeping } from '../database/housekeeping.js';
import { walkOn } from '../database/walk.js';
import { Revocations } from './revocations.js';

/** Sorts before every id. */
const beforeAll = '0';

/** A revocation leaves a minute after the last token concerned has expired, by what its writer or this node is set to. */
@Injectable()
export class RevocationsChore implements Chore {
  readonly name = 'revocations';
  #after = beforeAll;

  constructor(
    housekeeping: Housekeeping,
    private readonly revocations: Revocations,
  ) {
    housekeeping.add(this);
  }

  async batch(manager: EntityManager): Promise<boolean> {
    const next = await walkOn(manager, 'revocations', {
      after: this.#after,
      isOutdated: `greatest(expires_at, created_at + interval '${this.revocations.lifetime} seconds')
        < now() - interval '1 minute'`,
    });
    this.#after = next ?? beforeAll;
    return next !== undefined;
  }
}
