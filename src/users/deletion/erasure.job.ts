import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Transaction } from '../../database/database.js';
import { NIL } from 'uuid';
import { BackgroundJob, type Job } from '../../background/background-job.js';
import { AvatarsService } from '../profile/avatars.service.js';
import { ErasureService } from './erasure.service.js';

/** Sorts before every id. */
const beforeAll: string = NIL;

/**
 * Erases users that are due, one after the other, and finishes what a crashed node has left. Files come after all users:
 * an unavailable storage does not delay an erasure.
 */
@Injectable()
@BackgroundJob('erasure')
export class ErasureJob implements Job {
  #erasedUpTo = beforeAll;
  #filesRemovedUpTo = beforeAll;

  constructor(
    private readonly erasure: ErasureService,
    private readonly avatars: AvatarsService,
  ) {}

  async runBatch(tx: Transaction): Promise<boolean> {
    return (await this.eraseNext(tx)) || (await this.removeNextFile(tx.manager));
  }

  // A user that cannot be erased now, or a file that cannot be removed, does not block the others: it is tried again.

  private async eraseNext(tx: Transaction): Promise<boolean> {
    const after = this.#erasedUpTo;
    const id = await nextDue(tx.manager, `erased_at IS NULL AND status <> 'merged'`, after);
    this.#erasedUpTo = id ?? beforeAll;
    if (id === undefined) return false;
    await this.erasure.eraseBatch(tx, id);
    this.#erasedUpTo = after;
    return true;
  }

  private async removeNextFile(manager: EntityManager): Promise<boolean> {
    const id = await nextDue(manager, `(erased_at IS NOT NULL OR status = 'merged')`, this.#filesRemovedUpTo);
    this.#filesRemovedUpTo = id ?? beforeAll;
    if (id === undefined) return false;
    await this.avatars.removeFile(manager, id);
    return true;
  }
}

/** @param condition SQL */
async function nextDue(
  manager: EntityManager,
  condition: string,
  after: string,
): Promise<string | undefined> {
  const [due] = await manager.query<{ id: string }[]>(
    `SELECT id FROM users WHERE erase_at <= now() AND ${condition} AND id > $1 ORDER BY id LIMIT 1`,
    [after],
  );
  return due?.id;
}
