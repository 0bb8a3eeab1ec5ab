import { Module } from '@nestjs/common';
import { AuditEventsChore } from './audit-events.chore.js';
import { Audit } from './audit.js';
import { LoginStats } from './login-stats.js';

/** The books: what happened, and how often. */
@Module({ providers: [Audit, LoginStats, AuditEventsChore], exports: [Audit, LoginStats] })
export class AuditModule {}
