/** A duration in the unit that suits it. */
export interface Duration {
  unit: 'milliseconds' | 'seconds' | 'minutes' | 'hours' | 'days';
  value: number;
}

const units = [
  ['days', 86_400],
  ['hours', 3_600],
  ['minutes', 60],
  ['seconds', 1],
] as const;

/** A whole number of the largest unit of which there are two, rounded down. */
export function toDuration(seconds: number): Duration {
  for (const [unit, length] of units) {
    if (seconds >= 2 * length) return { unit, value: Math.floor(seconds / length) };
  }
  return { unit: 'milliseconds', value: Math.floor(seconds * 1_000) };
}
