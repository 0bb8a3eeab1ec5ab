import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NIL } from 'uuid';
import { type Chore, Housekeeping } from '../database/housekeeping.js';
import { Avatars } from './avatars.js';
import { Erasure } from './erasure.js';

/** Sorts before every id. */
const beforeAll: string = NIL;

/** Erases people whose time has come, one after the other, and goes on with what a node that died has left undone. */
@Injectable()
export class ErasureChore implements Chore {
  readonly name = 'erasure';
  #after = beforeAll;

  constructor(
    housekeeping: Housekeeping,
    private readonly erasure: Erasure,
    private readonly avatars: Avatars,
  ) {
    housekeeping.add(this);
  }

  async batch(manager: EntityManager): Promise<boolean> {
    const after = this.#after;
    const [due] = await manager.query<{ id: string; isGone: boolean }[]>(
      `SELECT id, erased_at IS NOT NULL OR status = 'merged' AS "isGone"
       FROM users
       WHERE erase_at <= now() AND id > $1
       ORDER BY id
       LIMIT 1`,
      [after],
    );
    // Whoever cannot be erased now keeps nobody waiting: their turn comes again in the next round.
    this.#after = due?.id ?? beforeAll;
    if (due === undefined) return false;
    if (due.isGone) await this.avatars.forget(manager, due.id);
    else {
      await this.erasure.step(manager, due.id);
      this.#after = after;
    }
    return true;
  }
}
