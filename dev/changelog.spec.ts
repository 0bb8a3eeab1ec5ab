import { describe, expect, it } from 'vitest';
import { beginVersion } from './changelog.js';

const changelog = `# Changelog

## [Unreleased]

### Added

- Something.

## [0.1.0] - 2026-11-01

- The first.
`;

describe('the entry of a version in the changelog', () => {
  it('is what was below "Unreleased", which stays for what comes', () => {
    expect(beginVersion(changelog, '0.2.0', '2026-12-01')).toBe(
      changelog.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n'),
    );
  });

  it('is not made twice', () => {
    expect(() => beginVersion(changelog, '0.1.0', '2026-12-01')).toThrow('has an entry for 0.1.0');
  });

  it('is not made of nothing', () => {
    const released = beginVersion(changelog, '0.2.0', '2026-12-01');
    expect(() => beginVersion(released, '0.3.0', '2026-12-02')).toThrow('nothing below "Unreleased"');
  });

  it('needs the heading', () => {
    expect(() => beginVersion('# Changelog\n', '0.2.0', '2026-12-01')).toThrow('no heading');
  });
});
