import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database, type NamedStatement } from '../database/database.js';
import { batchSize } from '../database/delete-outdated.js';
import type { WebhookMessage } from './webhook-message.entity.js';

/**
 * Seconds that an attempt has. It takes ten at most. After that the node must have died, and another one sends the message
 * again.
 */
const attemptSeconds = 30;

/** A message that this node is to send. `attempts` is the number of this attempt. */
export type ClaimedMessage = Pick<
  WebhookMessage,
  'id' | 'webhook' | 'messageId' | 'userId' | 'type' | 'data' | 'createdAt' | 'attempts'
>;

const claimedColumns = `
  id, webhook, message_id AS "messageId", user_id AS "userId", type, data, created_at AS "createdAt", attempts`;

/**
 * Takes the oldest waiting message of users, those that have been due for longest first. A message behind another one of
 * its user is never taken, so that one node at most has a message of a user.
 */
const claimStatement: NamedStatement = {
  name: 'claim-webhook-messages-1',
  text: `
    UPDATE webhook_messages
    SET due_at = now() + interval '${attemptSeconds} seconds', attempts = attempts + 1
    WHERE id = ANY (ARRAY(
      SELECT id FROM webhook_messages AS waiting
      WHERE webhook = $1 AND settled_at IS NULL AND due_at <= now() AND id = (
        SELECT first.id FROM webhook_messages AS first
        WHERE first.webhook = waiting.webhook AND first.user_id = waiting.user_id AND first.settled_at IS NULL
        ORDER BY first.id
        LIMIT 1
      )
      ORDER BY due_at, id
      LIMIT $2
      FOR UPDATE SKIP LOCKED
    ))
    RETURNING ${claimedColumns}`,
};

/**
 * Ends a message, and takes the next one of the same user ($3), or makes it due for any node. If the message is not this
 * attempt's any more ($2), nothing happens: another node has it.
 */
const settleStatement: NamedStatement = {
  name: 'settle-webhook-message-1',
  text: `
    WITH settled AS (
      UPDATE webhook_messages SET settled_at = now()
      WHERE id = $1 AND attempts = $2 AND settled_at IS NULL
      RETURNING webhook, user_id
    )
    UPDATE webhook_messages
    SET
      due_at = CASE WHEN $3 THEN now() + interval '${attemptSeconds} seconds' ELSE now() END,
      attempts = attempts + CASE WHEN $3 THEN 1 ELSE 0 END
    WHERE settled_at IS NULL AND id = (
      SELECT next.id
      FROM settled JOIN webhook_messages AS next USING (webhook, user_id)
      WHERE next.settled_at IS NULL AND next.id <> $1
      ORDER BY next.id
      LIMIT 1
    )
    RETURNING ${claimedColumns}`,
};

/**
 * Lets a message wait for $3 seconds, and those behind it: claims would otherwise read them in vain. If the message is not
 * this attempt's any more ($2), nothing happens.
 */
const postponeStatement: NamedStatement = {
  name: 'postpone-webhook-message-1',
  text: `
    WITH postponed AS (
      UPDATE webhook_messages SET due_at = now() + make_interval(secs => $3::double precision)
      WHERE id = $1 AND attempts = $2 AND settled_at IS NULL
      RETURNING id, webhook, user_id, due_at
    )
    UPDATE webhook_messages AS behind
    SET due_at = postponed.due_at
    FROM postponed
    WHERE behind.webhook = postponed.webhook AND behind.user_id = postponed.user_id
      AND behind.settled_at IS NULL AND behind.id > postponed.id AND behind.due_at < postponed.due_at`,
};

/** The messages for webhooks. Any number of nodes share them. */
@Injectable()
export class WebhookMessagesService {
  constructor(private readonly database: Database) {}

  /**
   * Takes messages to send. For half a minute no other node takes them.
   *
   * @param limit how many at most, each of another user
   * @throws {DatabaseUnavailableError}
   */
  async claim(webhook: string, limit: number): Promise<ClaimedMessage[]> {
    return this.database.query<ClaimedMessage>(claimStatement, [webhook, limit]);
  }

  /**
   * Ends a message that was delivered.
   *
   * @param takesNext whether this node sends the next one of the same user
   * @returns the next one
   * @throws {DatabaseUnavailableError}
   */
  async settle(
    { id, attempts }: ClaimedMessage,
    { takesNext }: { takesNext: boolean },
  ): Promise<ClaimedMessage | undefined> {
    const [next] = await this.database.query<ClaimedMessage>(settleStatement, [id, attempts, takesNext]);
    return takesNext ? next : undefined;
  }

  /**
   * Ends a message that cannot be delivered, so that the next one of its user is due.
   *
   * @param record writes in the same transaction that it was given up
   * @throws {DatabaseUnavailableError}
   */
  async giveUp(
    { id, attempts }: ClaimedMessage,
    record: (manager: EntityManager) => Promise<void>,
  ): Promise<void> {
    await this.database.transaction(async ({ manager }) => {
      const own = await manager.query<unknown[]>(
        'SELECT FROM webhook_messages WHERE id = $1 AND attempts = $2 AND settled_at IS NULL FOR UPDATE',
        [id, attempts],
      );
      if (own.length === 0) return;
      await record(manager);
      await manager.query(settleStatement.text, [id, attempts, false]);
    });
  }

  /**
   * Lets a message be sent again, after so many seconds.
   *
   * @throws {DatabaseUnavailableError}
   */
  async postpone({ id, attempts }: ClaimedMessage, seconds: number): Promise<void> {
    await this.database.query(postponeStatement, [id, attempts, seconds]);
  }

  /**
   * Lets all messages since a time be sent again, whatever has become of them.
   *
   * @returns how many there are
   * @throws {DatabaseUnavailableError}
   */
  async replay(since: Date): Promise<number> {
    let count = 0;
    for (let after: string | undefined = '0'; after !== undefined;) {
      const ids: { id: string }[] = await this.replayBatch(since, after);
      count += ids.length;
      after = ids.length === batchSize ? ids.at(-1)!.id : undefined;
    }
    return count;
  }

  /**
   * The oldest first: nodes begin to send while the rest is still to come. If a message of a user may be on its way, those of that
   * user wait until it has arrived or failed, so that it does not come between them.
   */
  private async replayBatch(since: Date, after: string): Promise<{ id: string }[]> {
    return this.database.run(async (manager) => {
      const [rows] = await manager.query<[{ id: string }[], number]>(
        `
        UPDATE webhook_messages AS message
        SET settled_at = NULL, attempts = 0, due_at = greatest(now(), (
          SELECT max(due_at) FROM webhook_messages AS sent
          WHERE sent.webhook = message.webhook AND sent.user_id = message.user_id AND sent.settled_at IS NULL
            AND sent.due_at <= now() + interval '${attemptSeconds} seconds'
        ))
        WHERE id = ANY (ARRAY(
          SELECT id FROM webhook_messages WHERE id > $2 AND created_at >= $1 ORDER BY id LIMIT ${batchSize}
        ))
        RETURNING id`,
        [since, after],
      );
      return rows.toSorted((a, b) => Number(a.id) - Number(b.id));
    });
  }

  /**
   * Makes the messages of a user, who is merged into another one, stay in order with those of that one. The transaction has
   * locked both.
   */
  async joinUsers(manager: EntityManager, userId: string, into: string): Promise<void> {
    await manager.query('UPDATE webhook_messages SET user_id = $2 WHERE user_id = $1', [userId, into]);
  }

  /** Deletes the messages of users, but for those that wait: the application has still to hear of them. */
  async forget(manager: EntityManager, userIds: readonly string[]): Promise<void> {
    await manager.query(
      'DELETE FROM webhook_messages WHERE user_id = ANY ($1::uuid[]) AND settled_at IS NOT NULL',
      [userIds],
    );
  }
}
