import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { EventType } from '../config/event-types.js';
import { Settings } from '../config/settings.js';
import type { Transaction } from '../database/database.js';
import type { UserEvent } from './user-event.js';
import { UserEventHooks } from './user-event-hooks.js';

/** A row to write: an event for one webhook. */
interface NewMessage {
  webhook: string;
  user_id: string;
  type: EventType;
  data: object;
}

/**
 * SQL: writes messages in their order.
 *
 * @param messages the parameter with the result of `toMessages`
 * @param condition what has to have one row, or nothing is written: a part of the same statement
 */
export function insertMessages(messages: string, condition?: string): string {
  return `INSERT INTO webhook_messages (message_id, webhook, user_id, type, data)
      SELECT gen_random_uuid(), message.webhook, message.user_id, message.type, message.data
      FROM ${condition === undefined ? '' : `${condition}, `}jsonb_to_recordset(${messages}::jsonb)
        AS message (webhook text, user_id uuid, type text, data jsonb)`;
}

/**
 * Tells the application what happens to users: webhooks and, if it has this service as a library, its `@UserEventHook()`.
 * Nothing is written if no webhook wants an event.
 */
@Injectable()
export class EventsService {
  constructor(
    private readonly hooks: UserEventHooks,
    private readonly settings: Settings,
  ) {}

  /**
   * Writes events in the transaction of what they tell, which has locked the users before: this keeps the events of a user
   * in order. The hooks are called after the commit.
   */
  async record({ manager, afterCommit }: Transaction, ...events: UserEvent[]): Promise<void> {
    await this.write(manager, events);
    afterCommit(() => this.callHooks(events));
  }

  /** The same without the hooks, for commands. */
  async write(manager: EntityManager, events: UserEvent[]): Promise<void> {
    const messages = this.toMessages(events);
    if (messages !== undefined) await manager.query(insertMessages('$1'), [messages]);
  }

  /** The messages that {@link insertMessages} takes, for a statement of its own; undefined if no webhook wants an event. */
  toMessages(events: readonly UserEvent[]): string | undefined {
    const messages = this.settings.webhooks.flatMap(({ url, events: wanted }) =>
      events
        .filter(({ type }) => wanted.includes(type))
        .map(({ type, ...data }): NewMessage => {
          // A merge is in order with the events of both users: see `joinUsers`.
          return { webhook: url, user_id: 'into' in data ? data.into : data.userId, type, data };
        }),
    );
    return messages.length === 0 ? undefined : JSON.stringify(messages);
  }

  /** Calls the hooks of the application, after the commit of a statement of its own. Never throws, and waits for nothing. */
  callHooks(events: readonly UserEvent[]): void {
    this.hooks.call(events);
  }
}
