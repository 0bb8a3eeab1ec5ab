import { ValidateBy } from 'class-validator';
import { isUuid } from '../validation/uuid.js';

/** Body of a merge by hand. */
export class MergeUserRequest {
  /** The id of the user that remains. */
  @ValidateBy(
    { name: 'isUuid', validator: { validate: (value) => typeof value === 'string' && isUuid(value) } },
    { message: 'into must be the id of a user, a UUID' },
  )
  into: string;
}
