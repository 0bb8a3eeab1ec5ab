import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/database.js';
import { BackgroundJob, type Job } from '../../background/background-job.js';
import type { NicknameCheck } from './nickname-check.entity.js';
import { NicknamesService } from './nicknames.service.js';

/** Calls to WeChat at once, which logins make as well. */
const batchSize = 20;

/**
 * Takes those who have waited longest, once for all nodes: for the next hour nobody else does. Who is still there
 * then is tried again.
 */
const claimStatement = `
  UPDATE nickname_checks SET due_at = now() + interval '1 hour'
  WHERE user_id = ANY (ARRAY(
    SELECT user_id FROM nickname_checks
    WHERE due_at <= now()
    ORDER BY due_at
    LIMIT ${batchSize}
    FOR UPDATE SKIP LOCKED
  ))
  RETURNING user_id AS "userId", appid, waiting_nickname AS "waitingNickname"`;

/**
 * Nicknames that WeChat could not judge when they were chosen are judged later. After 30 days those that are shown just
 * stay, and those that wait are dropped.
 */
@Injectable()
@BackgroundJob('nickname checks')
export class NicknameChecksJob implements Job {
  /** Whether WeChat answered nobody of the last batch: the others can wait as well. */
  #isWechatAway = false;

  constructor(private readonly nicknames: NicknamesService) {}

  async runBatch({ manager, afterCommit }: Transaction): Promise<boolean> {
    if (this.#isWechatAway) {
      this.#isWechatAway = false;
      return false;
    }
    await manager.query(
      `DELETE FROM nickname_checks WHERE due_at <= now() AND created_at < now() - interval '30 days'`,
    );
    const [owners] =
      await manager.query<[Pick<NicknameCheck, 'userId' | 'appid' | 'waitingNickname'>[], number]>(
        claimStatement,
      );
    if (owners.length === 0) return false;
    // Calls to WeChat take seconds: no transaction waits for them.
    afterCommit(async () => {
      this.#isWechatAway = true;
      const asked = await Promise.all(owners.map((owner) => this.nicknames.recheck(owner)));
      this.#isWechatAway = !asked.includes(true);
    });
    return true;
  }
}
