import { Controller, Get, Header, Query, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Audit } from '../audit/audit.js';
import { JwtGuard } from '../auth/jwt.guard.js';
import { Roles } from '../auth/roles.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { QueryPipe } from '../http/query.pipe.js';
import { AuditPageView, toAuditEventView } from './audit-event.view.js';
import { ReadAuditRequest } from './read-audit.request.js';

/** The books: what happened. */
@Controller('admin/audit')
@UseGuards(JwtGuard)
@UsePipes(QueryPipe)
@Roles('admin')
@ApiTags('admin')
@ApiBearerAuth()
@Problems(
  'invalid_request',
  'token_missing',
  'token_invalid',
  'token_expired',
  'session_revoked',
  'forbidden',
  'database_unavailable',
)
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
