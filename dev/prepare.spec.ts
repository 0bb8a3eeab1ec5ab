import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { makeTemporaryDirectory } from './temporary-directory.fixture.js';

const project = dirname(import.meta.dirname);

it('says what to do, and lets npm ci succeed, without the development dependencies', () => {
  const directory = makeTemporaryDirectory();
  mkdirSync(join(directory, 'dev'));
  for (const file of ['package.json', 'dev/prepare.js']) {
    copyFileSync(join(project, file), join(directory, file));
  }
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'prepare'], {
    cwd: directory,
    encoding: 'utf8',
  });
  rmSync(directory, { recursive: true });

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('npm ci --include=dev && npm run build && npm prune --omit=dev');
});
