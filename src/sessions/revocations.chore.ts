import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Chore, Housekeeping } from '../database/housekeeping.js';
import { walkOn } from '../database/walk.js';
import { revocationLifetime } from './revocations.js';

/** Sorts before every id. */
const beforeAll = '0';

/** A revocation leaves a minute after the last token concerned must have expired, whatever nodes are set to. */
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
      isOutdated: `greatest(expires_at, created_at + interval '${revocationLifetime} seconds')
        < now() - interval '1 minute'`,
    });
    this.#after = next ?? beforeAll;
    return next !== undefined;
  }
}
