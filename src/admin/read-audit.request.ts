import { IsIn, IsOptional, Matches, ValidateBy } from 'class-validator';
import { type AuditAction, auditActions } from '../audit/audit-event.entity.js';
import { isUuid } from '../validation/uuid.js';
import { IsInteger } from '../validation/integer.decorator.js';

const maxPageSize = 200;

/** 18 digits fit into a bigint of Postgres. */
const isEventId = /^[1-9]\d{0,17}$/;

/** Query of a page of the audit. */
export class ReadAuditRequest {
  /** The user to whom it was done. */
  @IsOptional()
  @ValidateBy(
    { name: 'isUuid', validator: { validate: (value) => isUuid(String(value)) } },
    { message: 'userId must be a UUID' },
  )
  userId?: string;

  @IsOptional()
  @IsIn(auditActions)
  action?: AuditAction;

  @IsInteger(1, maxPageSize)
  limit: number = 50;

  /** `nextCursor` of the previous page, with the same query. */
  @IsOptional()
  @Matches(isEventId, { message: 'cursor must be the nextCursor of the page before' })
  cursor?: string;
}
