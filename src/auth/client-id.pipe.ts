import { Injectable, type PipeTransform } from '@nestjs/common';
import { InvalidRequestError } from '../validation/invalid-request.error.js';

/** Lets the `client_id` of one mini-program or other client through, or none at all. */
@Injectable()
export class ClientIdPipe implements PipeTransform<unknown, string | undefined> {
  /** @throws {InvalidRequestError} also if the parameter is repeated */
  transform(value: unknown): string | undefined {
    if (value === undefined || (typeof value === 'string' && /^[0-9A-Za-z-]{1,64}$/.test(value))) {
      return value;
    }
    throw new InvalidRequestError('The query is malformed: see errors.', [
      { field: 'app', message: 'app must be the appid of one mini-program' },
    ]);
  }
}
