import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { type FieldFault, InvalidRequestError } from './invalid-request.error.js';
import { checkSimply } from './simple-checks.js';

/**
 * Checks members of a request against their class. Those that the class does not know are dropped.
 *
 * @param malformed says what is wrong as a whole
 * @throws {InvalidRequestError} naming every member that is wrong
 */
export async function validateMembers<Checked extends object>(
  type: new () => Checked,
  members: object,
  malformed: string,
): Promise<Checked> {
  const simple = checkSimply(type, members);
  if (simple !== undefined) return simple;
  const checked = plainToInstance(type, members);
  const errors = await validate(checked, { whitelist: true, forbidUnknownValues: true });
  if (errors.length === 0) return checked;
  throw new InvalidRequestError(
    malformed,
    errors.flatMap((error) => toFaults(error, error.property)),
  );
}

function toFaults(error: ValidationError, field: string): FieldFault[] {
  return [
    ...Object.values(error.constraints ?? {}).map((message) => ({ field, message })),
    ...(error.children ?? []).flatMap((child) => toFaults(child, `${field}.${child.property}`)),
  ];
}
