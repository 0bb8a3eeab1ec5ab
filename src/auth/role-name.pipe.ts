import { Injectable, type PipeTransform } from '@nestjs/common';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { isRoleName } from '../users/status/role-name.js';

/** Lets the name of one role through, or none at all. */
@Injectable()
export class RoleNamePipe implements PipeTransform<unknown, string | undefined> {
  /** @throws {InvalidRequestError} also where the parameter is repeated */
  transform(value: unknown): string | undefined {
    if (value === undefined || (typeof value === 'string' && isRoleName(value))) return value;
    throw new InvalidRequestError('The query is malformed: see errors.', [
      { field: 'role', message: 'role must be the name of one role' },
    ]);
  }
}
