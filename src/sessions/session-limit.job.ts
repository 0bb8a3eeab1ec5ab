import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { NIL } from 'uuid';
import { serviceActor } from '../audit/audit-log.service.js';
import { Settings } from '../config/settings.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { batchSize } from '../database/delete-outdated.js';
import { SessionEnding } from './session-ending.js';

/** Sorts before every id. */
const beforeAll: string = NIL;

/** Entries of the index on the user that a batch reads. */
const pageSize = 5_000;

/** Milliseconds between the end of a walk and the next one: no session stays beyond the limit for an hour. */
const intervalMs = 30 * 60_000;

/**
 * The users with more than a given number of sessions, ended ones included, on the next page of the index, and the user to
 * continue from. The last user of a full page may have more sessions on the next page. The job reads that user again,
 * unless the page contains no other user.
 */
const pageQuery = `
  WITH page AS MATERIALIZED (
    SELECT user_id FROM sessions WHERE user_id > $1 ORDER BY user_id LIMIT ${pageSize}
  ), counted AS MATERIALIZED (
    SELECT user_id, count(*) AS sessions FROM page GROUP BY user_id
  )
  SELECT
    ARRAY(SELECT user_id FROM counted WHERE sessions > $2) AS "userIds",
    (
      SELECT user_id FROM counted
      ORDER BY user_id DESC
      OFFSET (SELECT greatest(0, least(1, count(*) - 1)) FROM counted) LIMIT 1
    ) AS next,
    (SELECT count(*) FROM page) = ${pageSize} AS "hasMore"`;

/** SQL: the oldest active sessions of users ($1) beyond a number per user ($2). */
const isSurplus = `
  id = ANY (ARRAY(
    SELECT id
    FROM (
      SELECT
        sessions.id,
        row_number() OVER (
          PARTITION BY sessions.user_id ORDER BY sessions.created_at DESC, sessions.id DESC
        ) AS place
      FROM sessions
      JOIN users ON users.id = sessions.user_id AND users.session_epoch = sessions.session_epoch
      WHERE sessions.user_id = ANY ($1::uuid[]) AND sessions.ended_at IS NULL AND sessions.expires_at > now()
    ) AS live
    WHERE place > $2
    LIMIT ${batchSize}
  ))`;

interface Page {
  userIds: string[];
  next: string | null;
  hasMore: boolean;
}

/** Ends the oldest active sessions of users who have more than `MAX_SESSIONS_PER_USER`. */
@Injectable()
@BackgroundJob('session limit')
export class SessionLimitJob implements Job {
  #after = beforeAll;
  /** By `performance.now()`. */
  #nextWalk = 0;

  constructor(
    private readonly ending: SessionEnding,
    private readonly settings: Settings,
  ) {}

  async runBatch(tx: Transaction): Promise<boolean> {
    if (performance.now() < this.#nextWalk) return false;
    const { maxSessionsPerUser } = this.settings;
    const [page] = await tx.manager.query<[Page]>(pageQuery, [this.#after, maxSessionsPerUser]);
    // A page whose sessions are too many for one batch is read again.
    if ((await this.endSurplus(tx, page.userIds)) === batchSize) return true;
    this.#after = page.hasMore ? page.next! : beforeAll;
    if (!page.hasMore) this.#nextWalk = performance.now() + intervalMs;
    return page.hasMore;
  }

  /** @returns how many sessions it has ended, `batchSize` at most */
  private async endSurplus(tx: Transaction, userIds: string[]): Promise<number> {
    if (userIds.length === 0) return 0;
    return this.ending.endSessions(
      tx,
      { condition: isSurplus, values: [userIds, this.settings.maxSessionsPerUser] },
      'signed_out',
      { ...serviceActor, action: 'session.ended_over_limit' },
    );
  }
}
