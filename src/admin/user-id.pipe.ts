import { Injectable, type PipeTransform } from '@nestjs/common';
import { InvalidRequestError } from '../http/http.errors.js';
import { isUserId } from '../users/user-id.js';

/** Lets ids of users through, whether or not there is such a user. */
@Injectable()
export class UserIdPipe implements PipeTransform<string, string> {
  /** @throws {InvalidRequestError} */
  transform(value: string): string {
    if (isUserId(value)) return value;
    throw new InvalidRequestError('The path is malformed: see errors.', [
      { field: 'id', message: 'id must be a UUID' },
    ]);
  }
}
