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
 * Erases users whose time has come, one after the other, and goes on with what a node that died has left undone. Files
 * come after all users: a storage that is away keeps nobody from being erased.
 */
@Injectable()
@BackgroundJob('erasure')
export class ErasureJob implements Job {
  #erasedUpTo = beforeAll;
  #forgottenUpTo = beforeAll;

  constructor(
    private readonly erasure: ErasureService,
    private readonly avatars: AvatarsService,
  ) {}

  async runBatch({ manager }: Transaction): Promise<boolean> {
    return (await this.eraseNext(manager)) || (await this.forgetNext(manager));
  }

  // Whoever cannot be erased now, and a file that cannot be removed, keep nobody waiting: their turn comes again.

  private async eraseNext(manager: EntityManager): Promise<boolean> {
    const after = this.#erasedUpTo;
    const id = await nextDue(manager, `erased_at IS NULL AND status <> 'merged'`, after);
    this.#erasedUpTo = id ?? beforeAll;
    if (id === undefined) return false;
    await this.erasure.eraseBatch(manager, id);
    this.#erasedUpTo = after;
    return true;
  }

  private async forgetNext(manager: EntityManager): Promise<boolean> {
    const id = await nextDue(manager, `(erased_at IS NOT NULL OR status = 'merged')`, this.#forgottenUpTo);
    this.#forgottenUpTo = id ?? beforeAll;
    if (id === undefined) return false;
    await this.avatars.removeFile(manager, id);
    return true;
  }
}

/** @param isMeant SQL */
async function nextDue(manager: EntityManager, isMeant: string, after: string): Promise<string | undefined> {
  const [due] = await manager.query<{ id: string }[]>(
    `SELECT id FROM users WHERE erase_at <= now() AND ${isMeant} AND id > $1 ORDER BY id LIMIT 1`,
    [after],
  );
  return due?.id;
}
