import { Module } from '@nestjs/common';
import { ExpiredAuditEventsJob } from './expired-audit-events.job.js';
import { AuditLogService } from './audit-log.service.js';
import { LoginStatsService } from './login-stats.service.js';

/** The audit log: what happened, and how often. */
@Module({
  providers: [AuditLogService, LoginStatsService, ExpiredAuditEventsJob],
  exports: [AuditLogService, LoginStatsService],
})
export class AuditModule {}
