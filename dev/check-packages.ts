import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from './build.js';
import { packPackage, publicWorkspaces } from './pack.js';

// `npm run check:packages`: what publint and arethetypeswrong say of the packages. npm fetches both, which need TypeScript
// of their own. And whether the emulator starts in a stranger's test, which may be of either kind of module.
const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-packages-'));
try {
  const workspaces = publicWorkspaces();
  for (const workspace of workspaces) {
    run('npm', 'run', 'build', '--workspace', workspace);
  }
  for (const workspace of ['.', ...workspaces]) {
    const file = packPackage(join(projectDirectory, workspace), directory);
    run('npx', '--yes', 'publint@0.3.25', '--strict', file);
    // Every version of Node that is supported can require() an ES module.
    run('npx', '--yes', '@arethetypeswrong/cli@0.18.5', file, '--ignore-rules', 'cjs-resolves-to-esm');
    if (workspace === 'emulator') startEmulator(file);
  }
} finally {
  rmSync(directory, { recursive: true });
}

function startEmulator(file: string): void {
  run('npm', 'install', '--no-audit', '--no-fund', '--prefix', directory, file);
  const started = '.createEmulator().then((emulator) => emulator.close())';
  const scripts = {
    'test.mjs': `import * as emulator from 'wechat-emulator'; await emulator${started}`,
    'test.cjs': `require('wechat-emulator')${started}`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), script);
    run(process.execPath, join(directory, name));
  }
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, {
    cwd: projectDirectory,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}
