import { hostname, userInfo } from 'node:os';
import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan } from 'typeorm';
import type { DatabaseReader } from '../database/database-replica.js';
import { Database, type NamedStatement } from '../database/database.js';
import { type AuditAction, type AuditActor, AuditEvent } from './audit-event.entity.js';

/** Who acts, and from which address. */
export interface Actor {
  actor: AuditActor;
  /** The id of the user, if a user acts. */
  actorId?: string;
  ip?: string;
}

/** An operator at the command line. */
export const commandActor: Actor = { actor: 'command' };

/** The service itself. */
export const serviceActor: Actor = { actor: 'service' };

/** A new entry. `details` has more facts, and never an openid, a phone number or a nickname. */
export interface AuditEntry extends Actor {
  action: AuditAction;
  /** The user to whom it was done. */
  userId?: string;
  sessionId?: string;
  details?: object;
}

/** Which entries to read. */
export interface AuditQuery {
  /** The user to whom it was done. */
  userId?: string;
  action?: AuditAction;
  limit: number;
  /** Only entries older than the one with this id. */
  before?: string;
}

/** Account and machine of this process: all that is known about who runs a command. */
function commandOperator(): { account: string; machine: string } {
  return { account: accountName(), machine: hostname() };
}

function detailsOf({ actor, details = {} }: AuditEntry): object {
  return actor === 'command' ? { ...details, operator: commandOperator() } : details;
}

/** In a container, the uid of the process may have no name. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

const readingStatement: NamedStatement = {
  name: 'record-reading-1',
  text: `
    INSERT INTO audit_events (action, actor, actor_id, user_id, session_id, ip, details)
    VALUES ($1, $2, $3, $4, $5, $6, $7)`,
};

/** The append-only record of who did what to whom. */
@Injectable()
export class AuditLogService {
  constructor(private readonly database: Database) {}

  /**
   * Writes entries in the transaction of the changes that they record: all is committed, or nothing. For a command,
   * `details` has the account and the machine.
   *
   * @returns the ids of the entries
   */
  async record(manager: EntityManager, ...entries: AuditEntry[]): Promise<string[]> {
    const { identifiers } = await manager.insert(
      AuditEvent,
      entries.map((entry) => ({ ...entry, details: detailsOf(entry) })),
    );
    return identifiers.map(({ id }) => id as string);
  }

  /**
   * Says which user an entry is about, if that was not known yet. From then on an erasure of the user finds the address of
   * the entry.
   */
  async attribute(manager: EntityManager, entryId: string, userId: string): Promise<void> {
    await manager.update(AuditEvent, { id: entryId }, { userId });
  }

  /**
   * Records that someone reads data, before they get it.
   *
   * @throws {DatabaseUnavailableError}
   */
  async recordReading(entry: AuditEntry): Promise<void> {
    const { action, actor, actorId, userId, sessionId, ip } = entry;
    const values = [action, actor, actorId, userId, sessionId, ip, detailsOf(entry)];
    await this.database.query(readingStatement, values);
  }

  /**
   * One page of entries, the newest first.
   *
   * @param reader if not the primary, what to read from
   * @returns the page, and the cursor of the next one; null if there is none
   * @throws {DatabaseUnavailableError}
   */
  async page(
    { userId, action, limit, before }: AuditQuery,
    reader: DatabaseReader = this.database,
  ): Promise<{ events: AuditEvent[]; nextCursor: string | null }> {
    // Reads one more than the page shows, to know whether there is a next page.
    const found = await reader.run((manager) =>
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
