import { Transform } from 'class-transformer';
import { IsIn, ValidateBy, ValidateIf } from 'class-validator';
import { isIsoDateTime } from '../validation/iso-date-time.decorator.js';
import { IsPlainText } from '../validation/plain-text.js';
import { isRoleName, maxRoles } from '../users/status/role-name.js';

const maxReasonLength = 200;

const isGiven = (_: object, value: unknown) => value !== undefined && value !== null;

/** Body of a change to a user by the operator; what is absent stays. */
export class UpdateUserRequest {
  /** `disabled` ends all sessions and refuses logins. `active` ends the ban. */
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(['active', 'disabled'])
  status?: 'active' | 'disabled';

  /** Why the user is disabled, 1 to 200 characters. The user sees it when trying to log in. */
  @Transform(({ value }) => (typeof value === 'string' ? value.trim() : (value as unknown)))
  @ValidateIf(isGiven)
  @IsPlainText(maxReasonLength, '; null clears it')
  reason?: string | null;

  /** When the ban ends by itself; ISO 8601 with a time zone, in the future. */
  @ValidateIf(isGiven)
  @ValidateBy(
    { name: 'isFuture', validator: { validate: isFuture } },
    { message: 'until must be a time in the future, in ISO 8601 with its zone; null clears it' },
  )
  until?: string | null;

  /** All roles that the user should have. */
  @ValidateIf((_, value) => value !== undefined)
  @ValidateBy(
    { name: 'isRoles', validator: { validate: isRoles } },
    {
      message: `roles must be a list of ${maxRoles} names at most, each of 1 to 32 of a-z, 0-9, _ and -, a letter first`,
    },
  )
  roles?: string[];
}

function isRoles(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= maxRoles &&
    value.every((role) => typeof role === 'string' && isRoleName(role))
  );
}

function isFuture(value: unknown): boolean {
  return isIsoDateTime(value) && new Date(value).getTime() > Date.now();
}
