import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from './build.js';
import { packPackage } from './pack.js';

// `npm run check:packages`: what publint and arethetypeswrong say of the packages. npm fetches both, which need TypeScript
// of their own.
const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-packages-'));
try {
  for (const workspace of ['.', 'client', 'emulator']) {
    const file = packPackage(join(projectDirectory, workspace), directory);
    run('publint@0.3.25', '--strict', file);
    // Every version of Node that is supported can require() an ES module.
    run(
      '@arethetypeswrong/cli@0.18.5',
      '--ignore-rules',
      'cjs-resolves-to-esm',
      '--format',
      'ascii',
      '--',
      file,
    );
  }
} finally {
  rmSync(directory, { recursive: true });
}

function run(...args: string[]): void {
  execFileSync('npx', ['--yes', ...args], { stdio: 'inherit', shell: process.platform === 'win32' });
}
