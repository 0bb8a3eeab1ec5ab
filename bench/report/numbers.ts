/** A number as a table shows it: three digits are enough. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined) return 'not measured';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** How often `limit` goes into `value`; undefined if one was not measured, or nothing was used. */
export function ratio(value: number | undefined, limit: number | undefined): number | undefined {
  return value === undefined || limit === undefined || limit <= 0 ? undefined : value / limit;
}

export function formatRatio(value: number | undefined): string {
  return value === undefined ? '–' : `${formatNumber(value)} ×`;
}
