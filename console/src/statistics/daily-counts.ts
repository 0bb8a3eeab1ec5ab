import type { Schemas } from '../api/client.js';

type Stats = Schemas['LoginStatsResponse'];

/** A number for each day of a chart, under a name. */
export interface Series {
  /** An appid, `succeeded`, or `failed`. */
  name: string;
  /** As many as there are days. */
  values: number[];
}

export const succeeded = 'succeeded';

/**
 * The days of a chart in UTC, the oldest first.
 *
 * @param now in ms; its day is the last
 */
export function daysUntil(now: number, count: number): string[] {
  const msPerDay = 86_400_000;
  return Array.from({ length: count }, (_, index) =>
    new Date(now - (count - 1 - index) * msPerDay).toISOString().slice(0, 10),
  );
}

/** The counts of one app, or of all. */
export function ofApp({ logins, newUsers }: Stats, appid: string | undefined): Stats {
  if (appid === undefined) return { logins, newUsers };
  const isOfApp = (count: { appid: string }) => count.appid === appid;
  return { logins: logins.filter(isOfApp), newUsers: newUsers.filter(isOfApp) };
}

/** Sums of counts by day; 0 on days without one. */
export function sumByDay(
  counts: readonly { day: string; count: number }[],
  days: readonly string[],
): number[] {
  const byDay = sumBy(counts, ({ day }) => day);
  return days.map((day) => byDay.get(day) ?? 0);
}

/** Logins that succeeded and that failed, by day. */
export function loginsByOutcome({ logins }: Stats, days: readonly string[]): Series[] {
  const [good, bad] = [true, false].map((isGood) =>
    logins.filter(({ outcome }) => (outcome === succeeded) === isGood),
  );
  return [
    { name: succeeded, values: sumByDay(good!, days) },
    { name: 'failed', values: sumByDay(bad!, days) },
  ];
}

/** All logins by day, for each app that had one. The one with the most comes first. */
export function loginsByApp({ logins }: Stats, days: readonly string[]): Series[] {
  return [...sumBy(logins, ({ appid }) => appid)]
    .toSorted(([, one], [, other]) => other - one)
    .map(([appid]) => ({
      name: appid,
      values: sumByDay(
        logins.filter((each) => each.appid === appid),
        days,
      ),
    }));
}

/** The first series as they are, and the sum of all others. */
export function joinOthers(series: readonly Series[], maxSeries: number, name: string): Series[] {
  if (series.length <= maxSeries) return [...series];
  const others = series.slice(maxSeries - 1);
  const values = others[0]!.values.map((_, index) => sum(others.map((each) => each.values[index]!)));
  return [...series.slice(0, maxSeries - 1), { name, values }];
}

/** How often each failure happened, the most frequent first. */
export function failuresByCode({ logins }: Stats): { code: string; count: number }[] {
  const failures = logins.filter(({ outcome }) => outcome !== succeeded);
  return [...sumBy(failures, ({ outcome }) => outcome)]
    .map(([code, count]) => ({ code, count }))
    .toSorted((one, other) => other.count - one.count || one.code.localeCompare(other.code));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumBy<Count extends { count: number }>(
  counts: readonly Count[],
  nameOf: (count: Count) => string,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const each of counts) sums.set(nameOf(each), (sums.get(nameOf(each)) ?? 0) + each.count);
  return sums;
}
