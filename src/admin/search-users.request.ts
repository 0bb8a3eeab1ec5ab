import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min, ValidateBy } from 'class-validator';
import { IsMoment } from '../http/moment.js';
import { userStatuses, type UserStatus } from '../users/user.entity.js';
import { userSorts, type UserSort } from '../users/user-search.statements.js';

const longestText = 128;
const longestCursor = 512;
const longestPage = 200;

/** May be absent; null is the same as absent, so that the last `nextCursor` can be sent back as it is. */
const Optional = () =>
  applyDecorators(
    Transform(({ value }) => (value === null ? undefined : (value as unknown))),
    IsOptional(),
  );

/** Text of 1 to `longest` characters (code points) that Postgres can hold. */
const IsText = (longest: number) =>
  ValidateBy(
    { name: 'isText', validator: { validate: (value) => isText(value, longest) } },
    { message: `$property must be text of 1 to ${longest} characters, without NUL` },
  );

/** Body of a search for users. */
export class SearchUsersRequest {
  /**
   * A user id, openid, unionid, phone or external id; or a nickname, by its beginning or three characters of it. A phone
   * of mainland China needs no country code; any other needs + and its country code.
   */
  @Optional()
  @Transform(({ value }) => (typeof value === 'string' ? value.trim() : (value as unknown)))
  @IsText(longestText)
  q?: string;

  @Optional()
  @IsIn(userStatuses)
  status?: UserStatus;

  /** Those who came through this mini-program. */
  @Optional()
  @IsText(longestText)
  appid?: string;

  @Optional()
  @IsBoolean()
  hasPhone?: boolean;

  /** Made at this time or later. */
  @Optional()
  @IsMoment()
  createdFrom?: string;

  /** Made before this time. */
  @Optional()
  @IsMoment()
  createdTo?: string;

  @ApiPropertyOptional({ enum: userSorts, default: '-createdAt' })
  @IsIn(userSorts)
  sort: UserSort = '-createdAt';

  @ApiPropertyOptional({ type: 'integer' })
  @IsInt()
  @Min(1)
  @Max(longestPage)
  limit: number = 50;

  /** `nextCursor` of the page before, with the same search. */
  @Optional()
  @IsText(longestCursor)
  cursor?: string;
}

function isText(value: unknown, longest: number): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.isWellFormed() &&
    !value.includes('\0') &&
    Array.from(value).length <= longest
  );
}
