import { Get, Header } from '@nestjs/common';
import { AuditLogService } from '../audit/audit-log.service.js';
import { DatabaseReplica } from '../database/database-replica.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { AuditPageResponse, toAuditEventResponse } from './audit-event.response.js';
import { ReadAuditRequest } from './read-audit.request.js';
import { AdminOnly } from '../auth/admin-only.decorator.js';

/** The audit log: what happened. */
@ServiceController('admin/audit')
@AdminOnly()
export class AdminAuditController {
  constructor(
    private readonly audit: AuditLogService,
    private readonly replica: DatabaseReplica,
  ) {}

  /** The audit log: who did what to whom, when, and from where; the newest first. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async read(@ValidQuery() { cursor, ...query }: ReadAuditRequest): Promise<AuditPageResponse> {
    const { events, nextCursor } = await this.audit.page({ ...query, before: cursor }, this.replica);
    return { items: events.map(toAuditEventResponse), nextCursor };
  }
}
