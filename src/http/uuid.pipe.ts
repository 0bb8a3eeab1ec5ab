import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { isUuid } from '../validation/uuid.js';

/** Lets ids in a path through, in the lower case in which we know them, whether or not they name something. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  /** @throws {InvalidRequestError} */
  transform(value: string, { data: field = 'id' }: ArgumentMetadata): string {
    if (isUuid(value)) return value.toLowerCase();
    throw new InvalidRequestError('The path is malformed: see errors.', [
      { field, message: `${field} must be a UUID` },
    ]);
  }
}
