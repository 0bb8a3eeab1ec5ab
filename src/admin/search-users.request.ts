import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min, ValidateBy } from 'class-validator';
import { IsIsoDateTime } from '../validation/iso-date-time.decorator.js';
import { userStatuses, type UserStatus } from '../users/user.entity.js';
import { userSorts, type UserSort } from '../users/search/user-search.statements.js';

const maxTextLength = 128;
const maxCursorLength = 512;
const maxPageSize = 200;

/** May be absent; null is the same as absent, so that the last `nextCursor` can be sent back as it is. */
const Optional = () =>
  applyDecorators(
    Transform(({ value }) => (value === null ? undefined : (value as unknown))),
    IsOptional(),
  );

/** Text of 1 to `maxLength` characters (code points) that Postgres can store. */
const IsText = (maxLength: number) =>
  ValidateBy(
    { name: 'isText', validator: { validate: (value) => isText(value, maxLength) } },
    { message: `$property must be text of 1 to ${maxLength} characters, without NUL` },
  );

/** Body of a search for users. */
export class SearchUsersRequest {
  /**
   * A user id, openid, unionid, phone or external id; or a nickname, by its beginning or three characters of it. A phone
   * of mainland China needs no country code; any other needs + and its country code.
   */
  @Optional()
  @Transform(({ value }) => (typeof value === 'string' ? value.trim() : (value as unknown)))
  @IsText(maxTextLength)
  q?: string;

  @Optional()
  @IsIn(userStatuses)
  status?: UserStatus;

  /** Users with an identity in this mini-program. */
  @Optional()
  @IsText(maxTextLength)
  appid?: string;

  @Optional()
  @IsBoolean()
  hasPhone?: boolean;

  /** Created at this time or later. */
  @Optional()
  @IsIsoDateTime()
  createdFrom?: string;

  /** Created before this time. */
  @Optional()
  @IsIsoDateTime()
  createdTo?: string;

  @ApiPropertyOptional({ enum: userSorts, default: '-createdAt' })
  @IsIn(userSorts)
  sort: UserSort = '-createdAt';

  @ApiPropertyOptional({ type: 'integer' })
  @IsInt()
  @Min(1)
  @Max(maxPageSize)
  limit: number = 50;

  /** `nextCursor` of the previous page, with the same search. */
  @Optional()
  @IsText(maxCursorLength)
  cursor?: string;
}

function isText(value: unknown, maxLength: number): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.isWellFormed() &&
    !value.includes('\0') &&
    Array.from(value).length <= maxLength
  );
}
