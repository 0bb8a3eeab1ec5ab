import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { serviceActor } from '../audit/audit-log.service.js';
import { BackgroundJob, type Job } from '../background/background-job.js';
import { Database, type Transaction } from '../database/database.js';
import { describeError } from '../errors/describe-error.js';
import { Identity } from '../users/identities/identity.entity.js';
import { ProfileWithdrawalService } from '../users/profile/profile-withdrawal.service.js';
import { IdentityCancellationService } from '../users/sign-in/identity-cancellation.service.js';
import { toWithdrawnFields } from './push-event.js';
import { PushMessage } from './push-message.entity.js';

/** A message whose work this node has taken up. */
type Claimed = Pick<PushMessage, 'messageHash' | 'event' | 'revokeInfo'> & { identityId: string };

/**
 * Takes the message that has waited longest. For half a minute, no other node takes it. If the work fails, or the node is
 * killed, the message is taken again after that.
 */
const claimStatement = `
  UPDATE push_messages SET due_at = now() + interval '30 seconds'
  WHERE message_hash = (
    SELECT message_hash FROM push_messages
    WHERE identity_id IS NOT NULL AND due_at <= now()
    ORDER BY due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
  )
  RETURNING message_hash AS "messageHash", event, identity_id AS "identityId", revoke_info AS "revokeInfo"`;

/** A repeated message has the time of the first one, which is five minutes old at most. A day is plenty. */
const deleteStatement = `
  DELETE FROM push_messages WHERE identity_id IS NULL AND created_at < now() - interval '1 day'`;

/** Does what message pushes ask for: at once on the node that received one, and otherwise as a job. */
@Injectable()
@BackgroundJob('message pushes')
export class PushMessagesJob implements Job, BeforeApplicationShutdown {
  readonly #logger = new Logger(PushMessagesJob.name);
  #work: Promise<void> | undefined;
  #isWakened = false;

  constructor(
    private readonly database: Database,
    private readonly cancellation: IdentityCancellationService,
    private readonly withdrawal: ProfileWithdrawalService,
  ) {}

  /** Works until nothing is due, one message after the other: logins need the connections, too. */
  wake(): void {
    this.#isWakened = true;
    this.#work ??= this.work().finally(() => {
      this.#work = undefined;
      if (this.#isWakened) this.wake();
    });
  }

  /** Waits for the work in progress. Nest closes the pool after it. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#work;
  }

  async runBatch({ manager, afterCommit }: Transaction): Promise<boolean> {
    const [[message]] = await manager.query<[Claimed[], number]>(claimStatement);
    if (message === undefined) {
      await manager.query(deleteStatement);
      return false;
    }
    // In transactions of its own: those of an erasure.
    afterCommit(() => this.carryOut(message));
    return true;
  }

  private async work(): Promise<void> {
    try {
      while (this.#isWakened) {
        this.#isWakened = false;
        while (await this.database.transaction((tx) => this.runBatch(tx)));
      }
    } catch (error) {
      this.#logger.warn({
        message: 'Message pushes are stored, and will be carried out later.',
        error: describeError(error),
      });
    }
  }

  private async carryOut({ messageHash, event, identityId, revokeInfo }: Claimed): Promise<void> {
    const identity = await this.database.run((manager) => manager.findOneBy(Identity, { id: identityId }));
    // If the identity was erased, so was its id in the row.
    if (identity === null) return;
    const { userId, appid } = identity;
    const fields = toWithdrawnFields(revokeInfo);
    if (event === 'user_authorization_cancellation') await this.cancellation.cancel(identityId, serviceActor);
    else if (event === 'user_info_modified') await this.withdrawal.markStale(userId);
    else if (fields.length > 0) await this.withdrawal.withdraw(userId, { appid, fields }, serviceActor);
    await this.database.run((manager) => manager.update(PushMessage, { messageHash }, { identityId: null }));
  }
}
