import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  type Histogram,
  type MetricValueWithName,
  Registry,
} from 'prom-client';
import type { DurationHistogram } from '../statistics/duration-histogram.js';

/** A value and its labels. Without a value, it is left out. */
export type Sample = [labels: Record<string, string>, value: number | undefined];

/** Metrics that are read when they are asked for, and those of the process, which are measured from now on. */
export class MetricsRegistry {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** All metrics, in the text format of Prometheus. */
  async read(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** Adds a value that goes up and down. */
  gauge(name: string, help: string, labelNames: string[], read: () => Sample[]): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [labels, value] of read()) if (value !== undefined) gauge.set(labels, value);
      },
    });
  }

  /**
   * Adds a number that only grows.
   *
   * @param name ends in `_total`
   */
  counter(name: string, help: string, labelNames: string[], read: () => Sample[]): void {
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [labels, value] of read()) if (value !== undefined) counter.inc(labels, value);
      },
    });
  }

  /**
   * Adds durations that a room has counted. A histogram of prom-client's own would cost a guarded request more than all else that
   * is counted.
   *
   * @param name ends in `_seconds`
   */
  durations(name: string, help: string, histogram: DurationHistogram): void {
    const get = async () => ({ name, help, type: 'histogram', values: readValues(name, histogram) });
    // A registry asks a metric for nothing else.
    this.#registry.registerMetric({ name, get } as unknown as Histogram);
  }
}

function readValues(name: string, histogram: DurationHistogram): MetricValueWithName<string>[] {
  return [...histogram.series()].flatMap(({ values, counts, count, sum }) => {
    const labels = Object.fromEntries(histogram.labels.map((label, index) => [label, values[index]!]));
    const bucket = (le: string, value: number) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le },
      value,
    });
    let below = 0;
    const buckets = counts.map((inBucket, index) => {
      below += inBucket;
      return bucket(String(histogram.upperBounds[index]), below);
    });
    return [
      ...buckets,
      bucket('+Inf', count),
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
}
