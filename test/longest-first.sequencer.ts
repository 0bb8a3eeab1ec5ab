import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute each. Begun last, one of them would run alone at the end. */
const longest = [
  'test/packaging/stranger.e2e-spec.ts',
  'dev/start.spec.ts',
  'test/webhooks/delivery.e2e-spec.ts',
  'test/resilience/wechat.e2e-spec.ts',
  'test/resilience/failover.e2e-spec.ts',
  'test/cli/users-import.e2e-spec.ts',
];

/** Begins with the longest files; a clean checkout has no record of how long each took. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- of no array
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.some((file) => moduleId.endsWith(`/${file}`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
