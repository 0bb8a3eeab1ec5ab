import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type AuditAction, type AuditActor, AuditEvent } from './audit-event.entity.js';

/** Who acts, and from which address. */
export interface Actor {
  actor: AuditActor;
  /** The person, where it is one. */
  actorId?: string;
  ip?: string;
}

/** An operator at the command line. */
export const commandActor: Actor = { actor: 'command' };

/** The service by itself. */
export const serviceActor: Actor = { actor: 'service' };

/** What happened. `details` holds what an operator asks next, and nothing that names a person. */
export interface Happening extends Actor {
  action: AuditAction;
  /** To whom. */
  userId?: string;
  sessionId?: string;
  details?: object;
}

/** The append-only record of who did what to whom. */
@Injectable()
export class Audit {
  /** Writes an event in the transaction of what it tells of: both happen, or neither. */
  async record(manager: EntityManager, happening: Happening): Promise<void> {
    await manager.insert(AuditEvent, happening);
  }
}
