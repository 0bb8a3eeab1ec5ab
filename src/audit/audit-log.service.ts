import { hostname, userInfo } from 'node:os';
import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import { Database } from '../database/database.js';
import { type AuditAction, type AuditActor, AuditEvent } from './audit-event.entity.js';

/** Who acts, and from which address. */
export interface Actor {
  actor: AuditActor;
  /** The user, where it is one. */
  actorId?: string;
  ip?: string;
}

/** An operator at the command line. */
export const commandActor: Actor = { actor: 'command' };

/** The service by itself. */
export const serviceActor: Actor = { actor: 'service' };

/** What happened. `details` holds what an operator asks next, and nothing that names a user. */
export interface AuditEntry extends Actor {
  action: AuditAction;
  /** To whom. */
  userId?: string;
  sessionId?: string;
  details?: object;
}

/** Which events to read. */
export interface AuditQuery {
  /** To whom it happened. */
  userId?: string;
  action?: AuditAction;
  limit: number;
  /** Only those older than the event with this id. */
  before?: string;
}

/** Who runs this process: all that is known of an operator at the command line. */
function commandOperator(): { account: string; machine: string } {
  return { account: accountName(), machine: hostname() };
}

/** A container may run under a number that no name belongs to. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The append-only record of who did what to whom. */
@Injectable()
export class AuditLogService {
  constructor(private readonly database: Database) {}

  /**
   * Writes events in the transaction of what they tell of: all happen, or nothing does. If a command did it, `details`
   * say by which account of which machine.
   */
  async record(manager: EntityManager, ...entries: AuditEntry[]): Promise<void> {
    await manager.insert(
      AuditEvent,
      entries.map((entry) =>
        entry.actor === 'command'
          ? { ...entry, details: { ...entry.details, operator: commandOperator() } }
          : entry,
      ),
    );
  }

  /**
   * Writes that somebody has read, before they are told.
   *
   * @throws {DatabaseUnavailableError}
   */
  async recordReading(entry: AuditEntry): Promise<void> {
    await this.database.run((manager) => this.record(manager, entry));
  }

  /**
   * One page of events, the newest first.
   *
   * @returns and where the next page begins, null where there is none
   * @throws {DatabaseUnavailableError}
   */
  async page({
    userId,
    action,
    limit,
    before,
  }: AuditQuery): Promise<{ events: AuditEvent[]; nextCursor: string | null }> {
    // One more than the page shows, which tells whether there is a next one.
    const found = await this.database.run((manager) =>
      manager.find(AuditEvent, {
        where: {
          ...(userId !== undefined && { userId }),
          ...(action !== undefined && { action }),
          ...(before !== undefined && { id: LessThan(before) }),
        },
        order: { id: 'DESC' },
        take: limit + 1,
      }),
    );
    const events = found.slice(0, limit);
    return { events, nextCursor: found.length > limit ? events.at(-1)!.id : null };
  }
}
