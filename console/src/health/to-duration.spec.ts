import { expect, it } from 'vitest';
import { toDuration } from './to-duration.js';

it.each([
  [0, { unit: 'milliseconds', value: 0 }],
  [0.0123, { unit: 'milliseconds', value: 12 }],
  [1.999, { unit: 'milliseconds', value: 1_999 }],
  [2, { unit: 'seconds', value: 2 }],
  [119.9, { unit: 'seconds', value: 119 }],
  [120, { unit: 'minutes', value: 2 }],
  [7_199, { unit: 'minutes', value: 119 }],
  [7_200, { unit: 'hours', value: 2 }],
  [172_800, { unit: 'days', value: 2 }],
] as const)('%f seconds are shown in the largest unit of which there are two', (seconds, duration) =>
  expect(toDuration(seconds)).toEqual(duration),
);
