import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { type FieldFault, InvalidRequestError } from './http.errors.js';

/**
 * Checks a JSON body against its class. Members that the class does not know are dropped.
 *
 * @throws {InvalidRequestError} naming every member that is wrong
 */
export async function parseBody<Body extends object>(type: new () => Body, value: unknown): Promise<Body> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRequestError(
      'The body must be a JSON object, sent with Content-Type: application/json.',
    );
  }
  const body = plainToInstance(type, value);
  const errors = await validate(body, { whitelist: true, forbidUnknownValues: true });
  if (errors.length > 0) {
    throw new InvalidRequestError(
      'The body is malformed: see errors.',
      errors.flatMap((error) => toFaults(error, error.property)),
    );
  }
  return body;
}

function toFaults(error: ValidationError, field: string): FieldFault[] {
  return [
    ...Object.values(error.constraints ?? {}).map((message) => ({ field, message })),
    ...(error.children ?? []).flatMap((child) => toFaults(child, `${field}.${child.property}`)),
  ];
}
