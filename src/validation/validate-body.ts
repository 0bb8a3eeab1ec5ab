import { validatedProperties } from './validated-properties.js';
import { InvalidRequestError } from './invalid-request.error.js';
import { validateMembers } from './validate-members.js';

const maxDepth = 4;
const malformed = 'The body is malformed: see errors.';

/**
 * Checks a JSON body against its class. Members that the class does not know are dropped.
 *
 * @throws {InvalidRequestError} naming every member that is wrong
 */
export async function validateBody<Body extends object>(type: new () => Body, value: unknown): Promise<Body> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRequestError(
      'The body must be a JSON object, sent with Content-Type: application/json.',
    );
  }
  return validateMembers(type, knownMembers(type, value), malformed);
}

/**
 * The members that the class knows. class-transformer walks all that it is given, and as deep as it goes: a body
 * must not choose how long that takes, nor overflow the stack.
 */
function knownMembers(type: new () => object, value: object): object {
  const names = validatedProperties(type);
  const known = Object.entries(value).filter(([name]) => names.includes(name));
  const tooDeep = known.filter(([, member]) => isDeeperThan(maxDepth, member));
  if (tooDeep.length > 0) {
    const message = `must not be nested deeper than ${maxDepth} levels`;
    throw new InvalidRequestError(
      malformed,
      tooDeep.map(([field]) => ({ field, message })),
    );
  }
  return Object.fromEntries(known);
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}
