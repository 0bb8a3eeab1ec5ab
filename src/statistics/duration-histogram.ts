/** The durations with the same labels. */
export interface DurationSeries {
  /** In the order of {@link DurationHistogram.labels}. */
  values: readonly string[];
  /** For each upper bound, how many durations exceed the bound before it and not this one. */
  counts: number[];
  /** How many durations there are, also those beyond the last bound. */
  count: number;
  /** Seconds. */
  sum: number;
}

/** Series that one histogram may have. What comes in addition counts as `other`, so that no caller can fill the memory. */
const maxSeries = 2_000;

/** Upper bounds in seconds: a guarded request takes less than the first, a call to WeChat at most five. */
const upperBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Counts durations by labels. It costs a request a fraction of a microsecond, since it only adds numbers:
 * whoever wants to show them reads them when asked.
 */
export class DurationHistogram<Label extends string = string> {
  readonly upperBounds: readonly number[] = upperBounds;
  readonly #series = new Map<string, DurationSeries>();

  /** @param labels the names of what the durations are counted by */
  constructor(readonly labels: readonly Label[]) {}

  /**
   * @param values of the labels, in their order: few different ones, and none that says who someone is
   * @param seconds how long it took
   */
  record(values: readonly string[], seconds: number): void {
    const series = this.seriesOf(values);
    series.count += 1;
    series.sum += seconds;
    for (let index = 0; index < upperBounds.length; index += 1) {
      if (seconds <= upperBounds[index]!) {
        series.counts[index]! += 1;
        return;
      }
    }
  }

  /** All that was recorded. */
  series(): Iterable<DurationSeries> {
    return this.#series.values();
  }

  private seriesOf(values: readonly string[]): DurationSeries {
    // No method, route, status, path or errcode has a line break.
    const key = values.join('\n');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= maxSeries && values.some((value) => value !== 'other')) {
      return this.seriesOf(values.map(() => 'other'));
    }
    const series = { values: [...values], counts: upperBounds.map(() => 0), count: 0, sum: 0 };
    this.#series.set(key, series);
    return series;
  }
}
