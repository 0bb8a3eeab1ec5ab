import { describe, expect, it } from 'vitest';
import { countTicks, dayTicks, spreadLabels } from './chart-scale.js';
import {
  daysUntil,
  failuresByCode,
  joinOthers,
  loginsByApp,
  loginsByOutcome,
  ofApp,
  sumByDay,
} from './daily-counts.js';

const days = ['2026-11-28', '2026-11-29', '2026-11-30'];
const stats = {
  logins: [
    { day: '2026-11-30', appid: 'tea', outcome: 'succeeded', count: 5 },
    { day: '2026-11-30', appid: 'tea', outcome: 'code_used', count: 1 },
    { day: '2026-11-30', appid: 'cake', outcome: 'succeeded', count: 9 },
    { day: '2026-11-28', appid: 'cake', outcome: 'code_invalid', count: 3 },
    { day: '2026-11-28', appid: 'tea', outcome: 'code_used', count: 1 },
  ],
  newUsers: [{ day: '2026-11-28', appid: 'tea', count: 2 }],
};

describe('the days of a chart', () => {
  it('are in UTC, and today is the last', () => {
    expect(daysUntil(Date.parse('2026-11-30T23:59:59.999Z'), 3)).toEqual(days);
    expect(daysUntil(Date.parse('2026-12-01T00:00:00Z'), 1)).toEqual(['2026-12-01']);
  });

  it('go over the end of a February', () => {
    expect(daysUntil(Date.parse('2028-03-01T12:00:00Z'), 3)).toEqual([
      '2028-02-28',
      '2028-02-29',
      '2028-03-01',
    ]);
  });
});

describe('daily counts', () => {
  it('are 0 on days that the service leaves out', () => {
    expect(sumByDay(stats.newUsers, days)).toEqual([2, 0, 0]);
  });

  it('leave out days before the first of the chart', () => {
    expect(sumByDay(stats.newUsers, days.slice(1))).toEqual([0, 0]);
  });

  it('are summed over apps and codes by outcome', () => {
    expect(loginsByOutcome(stats, days)).toEqual([
      { name: 'succeeded', values: [0, 0, 14] },
      { name: 'failed', values: [4, 0, 1] },
    ]);
  });

  it('are summed over outcomes by app, the busiest first', () => {
    expect(loginsByApp(stats, days)).toEqual([
      { name: 'cake', values: [3, 0, 9] },
      { name: 'tea', values: [1, 0, 6] },
    ]);
  });

  it('are those of one app if one is chosen', () => {
    const { logins, newUsers } = ofApp(stats, 'cake');
    expect(logins.map(({ count }) => count)).toEqual([9, 3]);
    expect(newUsers).toEqual([]);
    expect(ofApp(stats, undefined)).toEqual(stats);
  });

  it('of failures are summed by code, the most frequent first', () => {
    expect(failuresByCode(stats)).toEqual([
      { code: 'code_invalid', count: 3 },
      { code: 'code_used', count: 2 },
    ]);
  });
});

describe('series beyond the most that a chart shows', () => {
  const series = [
    { name: 'a', values: [5, 5] },
    { name: 'b', values: [2, 1] },
    { name: 'c', values: [1, 1] },
  ];

  it('are summed', () => {
    expect(joinOthers(series, 2, 'others')).toEqual([
      { name: 'a', values: [5, 5] },
      { name: 'others', values: [3, 2] },
    ]);
  });

  it('stay as they are if there are no more than that', () => {
    expect(joinOthers(series, 3, 'others')).toEqual(series);
  });
});

describe('the lines across a chart', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [40, [0, 10, 20, 30, 40]],
    [41, [0, 20, 40, 60]],
    [1_234_567, [0, 500_000, 1_000_000, 1_500_000]],
  ])('up to %i are whole round numbers', (max, ticks) => expect(countTicks(max)).toEqual(ticks));
});

describe('the names of days below a chart', () => {
  it('are all there if they have room', () => expect(dayTicks(7, 10)).toEqual([0, 1, 2, 3, 4, 5, 6]));

  it('are at equal distances, and have the last day', () => expect(dayTicks(30, 5)).toEqual([5, 13, 21, 29]));

  it('are one for one day, or for no room', () => {
    expect(dayTicks(1, 5)).toEqual([0]);
    expect(dayTicks(366, 0)).toEqual([365]);
  });
});

describe('the labels of lines', () => {
  it('stay where they are if they are apart', () =>
    expect(spreadLabels([50, 10], 16, 100)).toEqual([50, 10]));

  it('are moved apart if they would cover each other', () => {
    expect(spreadLabels([40, 40, 42], 16, 100)).toEqual([40, 56, 72]);
  });

  it('stay above the bottom', () => expect(spreadLabels([99, 100, 98], 16, 100)).toEqual([84, 100, 68]));
});
