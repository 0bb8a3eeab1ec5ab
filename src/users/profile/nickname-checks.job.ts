import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/database.js';
import { BackgroundJob, type Job } from '../../background/background-job.js';
import type { NicknameCheck } from './nickname-check.entity.js';
import { NicknamesService } from './nicknames.service.js';

/** Concurrent calls to WeChat, beside those of logins. */
const batchSize = 20;

/**
 * Takes the checks that have waited longest. For the next hour, no other node takes them. Those that are left are tried
 * again then.
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
 * Checks the nicknames that WeChat could not check when they were chosen. After 30 days, visible ones stay without a check,
 * and waiting ones are dropped.
 */
@Injectable()
@BackgroundJob('nickname checks')
export class NicknameChecksJob implements Job {
  /** Whether WeChat answered no call of the last batch: then the rest waits, too. */
  #isWechatUnavailable = false;

  constructor(private readonly nicknames: NicknamesService) {}

  async runBatch({ manager, afterCommit }: Transaction): Promise<boolean> {
    if (this.#isWechatUnavailable) {
      this.#isWechatUnavailable = false;
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
      this.#isWechatUnavailable = true;
      const asked = await Promise.all(owners.map((owner) => this.nicknames.recheck(owner)));
      this.#isWechatUnavailable = !asked.includes(true);
    });
    return true;
  }
}
