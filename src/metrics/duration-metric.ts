import type { Histogram, MetricValueWithName } from 'prom-client';
import type { DurationHistogram } from '../statistics/duration-histogram.js';

/**
 * A histogram of prom-client's that counts nothing itself: it reads a {@link DurationHistogram} at each scrape. prom-client's own would
 * cost a guarded request more than all else that is counted.
 *
 * @param name ends in `_seconds`
 */
export function createDurationMetric(name: string, help: string, histogram: DurationHistogram): Histogram {
  const metric = {
    name,
    help,
    type: 'histogram',
    get: async () => ({ name, help, type: 'histogram', values: readValues(name, histogram) }),
  };
  // A registry asks a metric for nothing else.
  return metric as unknown as Histogram;
}

function readValues(name: string, histogram: DurationHistogram): MetricValueWithName<string>[] {
  return [...histogram.series()].flatMap(({ values, counts, count, sum }) => {
    const labels = Object.fromEntries(histogram.labels.map((label, index) => [label, values[index]!]));
    let below = 0;
    const buckets = counts.map((inBucket, index) => {
      below += inBucket;
      return bucket(String(histogram.upperBounds[index]), below);
    });
    function bucket(le: string, value: number): MetricValueWithName<string> {
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value };
    }
    return [
      ...buckets,
      bucket('+Inf', count),
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
}
