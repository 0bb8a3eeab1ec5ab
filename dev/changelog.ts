/**
 * Makes what is below "Unreleased" the entry of a version.
 *
 * @param changelog in the format of Keep a Changelog
 * @param date such as 2026-12-01
 * @throws {Error} if there is nothing to release, or the version has an entry
 */
export function beginVersion(changelog: string, version: string, date: string): string {
  const heading = '## [Unreleased]\n';
  const [before, after] = changelog.split(heading);
  if (after === undefined) throw new Error('CHANGELOG.md has no heading "## [Unreleased]".');
  if (changelog.includes(`\n## [${version}]`)) throw new Error(`CHANGELOG.md has an entry for ${version}.`);
  const [unreleased = ''] = after.split(/^## /m);
  if (!unreleased.includes('\n- ')) throw new Error('CHANGELOG.md has nothing below "Unreleased".');
  return `${before}${heading}\n## [${version}] - ${date}\n${after}`;
}
