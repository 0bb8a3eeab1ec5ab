import type { JsonObject } from '../json.js';

/** The input of a control call: the JSON object of its body, and the parameters of its query. */
export type ControlInput = JsonObject;

/** A control call with wrong input. The message says what to change. */
export class ControlError extends Error {
  constructor(
    message: string,
    readonly status: 400 | 404 | 405 | 413 | 415 = 400,
  ) {
    super(message);
  }
}

/** Rejects unknown fields. Otherwise, a misspelt optional field would be ignored silently. */
export function refuseUnknownFields(input: ControlInput, known: readonly string[]): void {
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ControlError(`unknown field ${JSON.stringify(unknown)}; known are: ${known.join(', ')}`);
  }
}

/** Removes undefined fields, so that they overwrite nothing in a merge. */
export function onlyGiven<Fields extends object>(fields: Fields): Fields {
  for (const name in fields) {
    if (fields[name] === undefined) delete fields[name];
  }
  return fields;
}

export function requiredText(input: ControlInput, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined) throw new ControlError(`${name} is missing: give a text of 1 to 512 characters`);
  return value;
}

export function optionalText(input: ControlInput, name: string): string | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > 512) {
    throw new ControlError(`${name} must be a text of 1 to 512 characters`);
  }
  return value;
}

/** A text that matches a pattern. `form` describes the pattern to the caller. */
export function patternedText(
  input: ControlInput,
  name: string,
  pattern: RegExp,
  form: string,
): string | undefined {
  const value = optionalText(input, name);
  if (value !== undefined && !pattern.test(value)) throw new ControlError(`${name} must be ${form}`);
  return value;
}

export function optionalChoice<Choice extends string>(
  input: ControlInput,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = input[name];
  const choice = choices.find((candidate) => candidate === value);
  if (value !== undefined && choice === undefined) {
    throw new ControlError(`${name} must be one of: ${choices.join(', ')}`);
  }
  return choice;
}

export function optionalBoolean(input: ControlInput, name: string): boolean | undefined {
  const value = input[name];
  if (value !== undefined && typeof value !== 'boolean') {
    throw new ControlError(`${name} must be true or false`);
  }
  return value;
}

export function optionalInteger(
  input: ControlInput,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const value = optionalNumber(input, name, minimum, maximum);
  if (value !== undefined && !Number.isInteger(value)) {
    throw new ControlError(`${name} must be a whole number`);
  }
  return value;
}

export function optionalNumber(
  input: ControlInput,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(value >= minimum && value <= maximum)) {
    throw new ControlError(`${name} must be a number from ${minimum} to ${maximum}`);
  }
  return value;
}
