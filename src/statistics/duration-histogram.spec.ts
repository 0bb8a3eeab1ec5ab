import { describe, expect, it } from 'vitest';
import { DurationHistogram } from './duration-histogram.js';

describe('a histogram of durations', () => {
  it('counts each duration below the first bound that it does not exceed', () => {
    const histogram = new DurationHistogram(['route']);
    for (const seconds of [0.0005, 0.001, 0.0011, 4, 6]) histogram.record(['/me'], seconds);
    const [series, ...others] = histogram.series();
    expect(others).toEqual([]);
    const counted = histogram.upperBounds.map((bound, index) => [bound, series!.counts[index]]);
    expect(counted.filter(([, count]) => count !== 0)).toEqual([
      [0.001, 2],
      [0.0025, 1],
      [5, 1],
    ]);
    expect(series!.count, 'also what exceeds the last bound').toBe(5);
    expect(series!.sum).toBeCloseTo(10.0026);
  });

  it('keeps different labels apart', () => {
    const histogram = new DurationHistogram(['route', 'status']);
    histogram.record(['/me', '200'], 1);
    histogram.record(['/me', '401'], 1);
    histogram.record(['/me', '200'], 1);
    expect([...histogram.series()].map(({ values, count }) => [...values, count])).toEqual([
      ['/me', '200', 2],
      ['/me', '401', 1],
    ]);
  });

  it('counts further labels as "other" if there are very many, so that they do not fill the memory', () => {
    const histogram = new DurationHistogram(['errcode']);
    for (let errcode = 0; errcode < 10_000; errcode += 1) histogram.record([String(errcode)], 1);
    histogram.record(['0'], 1);
    const series = [...histogram.series()];
    expect(series).toHaveLength(2_001);
    expect(series[0]).toMatchObject({ values: ['0'], count: 2 });
    expect(series.at(-1)).toMatchObject({ values: ['other'], count: 8_000 });
  });
});
