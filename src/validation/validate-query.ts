import { validatedProperties } from './validated-properties.js';
import { InvalidRequestError } from './invalid-request.error.js';
import { validateMembers } from './validate-members.js';

const malformed = 'The query is malformed: see errors.';

/**
 * Checks the parameters of a query against their class. They are text, and each may come once; those that the
 * class does not know are dropped.
 *
 * @throws {InvalidRequestError} naming every parameter that is wrong
 */
export async function validateQuery<Query extends object>(
  type: new () => Query,
  value: object,
): Promise<Query> {
  const names = validatedProperties(type);
  // A global ValidationPipe of an application has made an instance of it, which has all names.
  const known = Object.entries(value).filter(([name, text]) => names.includes(name) && text !== undefined);
  const repeated = known.filter(([, text]) => typeof text !== 'string');
  if (repeated.length > 0) {
    throw new InvalidRequestError(
      malformed,
      repeated.map(([field]) => ({ field, message: `${field} must be given once` })),
    );
  }
  return validateMembers(type, Object.fromEntries(known), malformed);
}
