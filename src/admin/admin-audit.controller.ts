import { Controller, Get, Header, Query, UsePipes } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { QueryPipe } from '../http/query.pipe.js';
import { AuditPageView, toAuditEventView } from './audit-event.view.js';
import { ReadAuditRequest } from './read-audit.request.js';
import { OperatorsOnly } from './operators-only.decorator.js';

/** The books: what happened. */
@Controller('admin/audit')
@OperatorsOnly()
@UsePipes(QueryPipe)
export class AdminAuditController {
  constructor(private readonly audit: Audit) {}

  /** Who did what to whom, when, and from where; the newest first. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async read(@Query() { cursor, ...query }: ReadAuditRequest): Promise<AuditPageView> {
    const { events, nextCursor } = await this.audit.page({ ...query, before: cursor });
    return { items: events.map(toAuditEventView), nextCursor };
  }
}
