import { ValidateBy } from 'class-validator';

const isoDateTime =
  /^(?!0000)(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** A time in ISO 8601 with its zone. */
export const IsIsoDateTime = (): PropertyDecorator =>
  ValidateBy(
    { name: 'isMoment', validator: { validate: isIsoDateTime } },
    { message: '$property must be a time in ISO 8601 with its zone, as 2026-11-21T02:59:35.873Z' },
  );

/** The form alone would let the 30th of February through. */
export function isIsoDateTime(value: unknown): value is string {
  const day = typeof value === 'string' ? isoDateTime.exec(value)?.[1] : undefined;
  if (day === undefined) return false;
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return false;
  // In another zone it may be a year of five digits.
  return new Date(value as string).toISOString().length === day.length + 'T00:00:00.000Z'.length;
}
