import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, in the order of their start: those that keep a processor busy between those that wait. Begun
 * last, one of them would run alone at the end.
 */
const longest = [
  'test/packaging/stranger.e2e-spec.ts',
  'test/webhooks/delivery.e2e-spec.ts',
  'test/resilience/failover.e2e-spec.ts',
  'dev/start.spec.ts',
  'test/resilience/wechat.e2e-spec.ts',
  'bench/bench.spec.ts',
  'test/playground/playground.e2e-spec.ts',
  'test/resilience/replica.e2e-spec.ts',
  'test/cli/users-import.e2e-spec.ts',
  'test/console/users.e2e-spec.ts',
  'test/packaging/start.e2e-spec.ts',
  'bench/soak.spec.ts',
  'test/tracing/tracing.e2e-spec.ts',
  'test/console/pages.e2e-spec.ts',
  'dev/postgres.spec.ts',
];

/** Begins with the longest files; a clean checkout has no record of how long each took. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- of no array
    const others = await super.sort(files.filter((file) => placeOf(file) === undefined));
    const first = files.filter((file) => placeOf(file) !== undefined);
    return [...first.toSorted((a, b) => placeOf(a)! - placeOf(b)!), ...others];
  }
}

/** Where a file is among the longest; undefined if it is none of them. */
function placeOf({ moduleId }: TestSpecification): number | undefined {
  const place = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
  return place === -1 ? undefined : place;
}
