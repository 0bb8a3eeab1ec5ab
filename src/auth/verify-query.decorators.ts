import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { isRoleName } from '../users/status/role-name.js';
import { InvalidRequestError } from '../validation/invalid-request.error.js';

/*
 * What a proxy may ask of a token besides. Not `@Query()` with a pipe: Nest would make promises for each, at each request of every
 * backend behind the proxy.
 */

/** The role that the user must have, if the query names one. */
export const WantedRole = queryParameter('role', 'role must be the name of one role', isRoleName);

/** The appid of the mini-program that the user must have logged in to, if the query names one. */
export const WantedApp = queryParameter('app', 'app must be the appid of one mini-program', isClientId);

/** @returns a decorator that throws {@link InvalidRequestError}, also if the parameter is repeated */
function queryParameter(
  field: string,
  message: string,
  isGood: (value: string) => boolean,
): () => ParameterDecorator {
  return createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
    const { query } = context.getArgByIndex<{ query: Record<string, unknown> }>(0);
    const value = query[field];
    if (value === undefined || (typeof value === 'string' && isGood(value))) return value;
    throw new InvalidRequestError('The query is malformed: see errors.', [{ field, message }]);
  });
}

function isClientId(value: string): boolean {
  return /^[0-9A-Za-z-]{1,64}$/.test(value);
}
