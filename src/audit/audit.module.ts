import { Module } from '@nestjs/common';
import { AuditEventsChore } from './audit-events.chore.js';
import { Audit } from './audit.js';

/** The books: what happened, and how often. */
@Module({ providers: [Audit, AuditEventsChore], exports: [Audit] })
export class AuditModule {}
