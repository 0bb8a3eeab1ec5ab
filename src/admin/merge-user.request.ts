import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { isUuid } from '../validation/uuid.js';

/** Body of a merge by hand. */
export class MergeUserRequest {
  /** The id of the user that remains. */
  @Transform(({ value }) => (typeof value === 'string' ? value.toLowerCase() : (value as unknown)))
  @ValidateBy(
    { name: 'isUuid', validator: { validate: (value) => typeof value === 'string' && isUuid(value) } },
    { message: 'into must be the id of a user, a UUID' },
  )
  into: string;
}
