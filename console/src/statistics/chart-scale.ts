/** About so many lines across a chart. */
const wantedTicks = 4;

/**
 * Round numbers for the lines across a chart, from 0 to one that is no lower than the highest value. Only whole ones: nothing
 * happens half a time.
 */
export function countTicks(max: number): number[] {
  const rough = Math.max(max, 1) / wantedTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power);
  return Array.from({ length: Math.ceil(Math.max(max, 1) / step) + 1 }, (_, index) => index * step);
}

/**
 * Which days are named below a chart: at equal distances, and always the last.
 *
 * @param maxNames that have room
 */
export function dayTicks(days: number, maxNames: number): number[] {
  const step = maxNames < 2 ? days : Math.max(1, Math.ceil((days - 1) / (maxNames - 1)));
  const ticks: number[] = [];
  for (let index = days - 1; index >= 0; index -= step) ticks.unshift(index);
  return ticks;
}

/**
 * Moves labels apart that would cover each other, as little as it takes, within the height of the chart.
 *
 * @param wanted where each label should be
 * @param height of a label
 * @param max the lowest place for one
 * @returns places in the order of `wanted`
 */
export function spreadLabels(wanted: readonly number[], height: number, max: number): number[] {
  const order = wanted.map((_, index) => index).toSorted((one, other) => wanted[one]! - wanted[other]!);
  const places = [...wanted];
  let next = 0;
  for (const index of order) {
    places[index] = Math.max(places[index]!, next);
    next = places[index] + height;
  }
  let last = max;
  for (const index of order.toReversed()) {
    places[index] = Math.min(places[index]!, last);
    last = places[index] - height;
  }
  return places;
}
