import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeTemporaryDirectory } from './temporary-directory.fixture.js';

const project = dirname(import.meta.dirname);

/** A checkout without the development dependencies. */
let directory: string;
beforeEach(() => {
  directory = makeTemporaryDirectory();
  for (const file of ['package.json', 'dev/prepare.js']) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    copyFileSync(join(project, file), join(directory, file));
  }
});
afterEach(() => rmSync(directory, { recursive: true }));

function prepare() {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'prepare'], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Writes a file that changed so many seconds from now. */
function write(file: string, seconds: number): void {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  const time = Date.now() / 1_000 + seconds;
  utimesSync(path, time, time);
}

it('says what to do, and lets npm ci succeed, without the development dependencies', () => {
  expect(prepare()).toEqual({
    status: 0,
    stdout: expect.stringContaining('npm ci --include=dev && npm run build && npm prune --omit=dev'),
    stderr: '',
  });
});

it('builds nothing a second time, unless a source has changed since', () => {
  write('src/main.ts', 0);
  for (const file of [
    'dist/chunks/a.js',
    'dist/console/index.html',
    'miniprogram/miniprogram_npm/weapp-auth-client/index.js',
    'guard/dist/index.js',
  ]) {
    write(file, 60);
  }
  // As Emacs marks a file that somebody edits.
  symlinkSync('nowhere', join(directory, 'src/.#main.ts'));
  const time = Date.now() / 1_000;
  utimesSync(join(directory, 'src'), time, time);
  expect(prepare().stdout).toContain('nothing has changed since the last build');

  write('src/main.ts', 120);
  expect(prepare().stdout).not.toContain('nothing has changed');
});
