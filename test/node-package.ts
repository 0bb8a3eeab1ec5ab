import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs another version of Node, which npm's package `node` brings.
 *
 * @param version `24` is its newest one
 * @param directory that gets it, or has it already
 * @returns the directory of the program
 */
export function installNode(version: string, directory: string): string {
  mkdirSync(directory, { recursive: true });
  // The package fetches the binary for this platform in its install script.
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, allowScripts: { node: true } }),
  );
  const { status, error } = spawnSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', `node@${version}`],
    {
      cwd: directory,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0) throw error ?? new Error(`npm could not install Node ${version}.`);
  return join(directory, 'node_modules', 'node', 'bin');
}
