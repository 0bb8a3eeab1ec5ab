import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// `npm run test:node -- 24`: the tests on another version of Node, which npm's package `node` brings. What follows the
// version goes to vitest: `npm run test:node -- 22 --project unit`.
const project = join(import.meta.dirname, '..');
const [version = '', ...options] = process.argv.slice(2);
if (!/^\d+(\.\d+){0,2}$/.test(version)) {
  process.stderr.write('Name a version of Node: npm run test:node -- 24 [--project unit]\n');
  process.exit(2);
}

const directory = join(project, 'node_modules', '.node', version);
const bin = join(directory, 'node_modules', 'node', 'bin');
const node = join(bin, process.platform === 'win32' ? 'node.exe' : 'node');

mkdirSync(directory, { recursive: true });
// The package fetches the binary for this platform in its install script.
writeFileSync(
  join(directory, 'package.json'),
  JSON.stringify({ private: true, allowScripts: { node: true } }),
);
run('npm', ['install', '--no-save', '--no-audit', '--no-fund', `node@${version}`], directory);

run(node, ['--version']);
run(node, [join('local', 'prepare.js')]);
run(node, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...options]);

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args, cwd = project) {
  const { status, error } = spawnSync(program, args, {
    cwd,
    stdio: 'inherit',
    // npm, too, runs on this version then, wherever a test starts it.
    env: { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) },
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
