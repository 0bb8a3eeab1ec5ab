/** The value below which a share of sorted values lies; NaN of none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}

/** The median of what was measured; undefined if one round has no value. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  return known.length < values.length || known.length === 0 ? undefined : percentile(known, 0.5);
}

/** What each request has added to a counter; undefined if that is not measured on this system. */
export function perRequest(
  before: number | undefined,
  after: number | undefined,
  requests: number,
): number | undefined {
  return before === undefined || after === undefined ? undefined : (after - before) / requests;
}

/** The largest of values, and 0 of none. `Math.max(...values)` fails if there are more than a call takes arguments. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
