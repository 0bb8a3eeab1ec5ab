import { Transform } from 'class-transformer';
import { IsBoolean, IsInt, Max, Min, ValidateBy } from 'class-validator';

const toNumber = Transform(({ value }) =>
  typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : (value as unknown),
);
const toBoolean = Transform(({ value }) =>
  value === 'true' ? true : value === 'false' ? false : (value as unknown),
);

function together(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

/** A whole number within a range, both ends included. */
export function WholeNumber(range: { min: number; max: number; example: number }): PropertyDecorator {
  const options = {
    message: `must be a whole number from ${range.min} to ${range.max}`,
    context: { example: String(range.example) },
  };
  return together(toNumber, IsInt(options), Min(range.min, options), Max(range.max, options));
}

const tenYears = 315_360_000;

/** A whole number of seconds, at least one. */
export function Seconds(range: { example: number }): PropertyDecorator {
  return WholeNumber({ min: 1, max: tenYears, example: range.example });
}

/** `true` or `false`. */
export function TrueOrFalse(): PropertyDecorator {
  return together(toBoolean, IsBoolean({ message: 'must be true or false', context: { example: 'true' } }));
}

/** What `check` accepts; `message` is the end of a sentence that starts with the setting's name. */
export function Satisfies(
  check: (value: unknown) => boolean,
  message: string,
  example?: string,
): PropertyDecorator {
  return ValidateBy({ name: message, validator: { validate: check } }, { message, context: { example } });
}

/** What `faultOf` finds nothing wrong with; it answers with the end of a sentence that starts with the setting's name. */
export function HasNoFault(
  faultOf: (value: unknown) => string | undefined,
  example: string,
): PropertyDecorator {
  return ValidateBy(
    { name: faultOf.name, validator: { validate: (value) => faultOf(value) === undefined } },
    { message: ({ value }) => faultOf(value) ?? '', context: { example } },
  );
}

/** Several values, written with commas. */
export function List(): PropertyDecorator {
  return Transform(({ value }) =>
    typeof value === 'string' ? value.split(',').map((item) => item.trim()) : (value as unknown),
  );
}
