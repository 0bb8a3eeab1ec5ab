import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { installNode } from './node-package.js';

// `npm run test:node -- 24`: the tests on another version of Node. What follows the version goes to vitest:
// `npm run test:node -- 22 --project unit`.
const project = join(import.meta.dirname, '..');
const [version = '', ...options] = process.argv.slice(2);
if (!/^\d+(\.\d+){0,2}$/.test(version)) {
  process.stderr.write('Name a version of Node: npm run test:node -- 24 [--project unit]\n');
  process.exit(2);
}

const bin = installNode(version, join(project, 'node_modules', '.node', version));
run('--version');
run(join('dev', 'prepare.js'));
run(join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...options);

function run(...args: string[]): void {
  const { status, error } = spawnSync(join(bin, process.platform === 'win32' ? 'node.exe' : 'node'), args, {
    cwd: project,
    stdio: 'inherit',
    // npm, too, runs on this version then, wherever a test starts it.
    env: { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
