import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// `npm ci` runs this at its end, and `npm test` before the tests: builds the service, its console, the client for the demo, and
// the guard for the examples, unless that has been done since their sources changed. Plain JavaScript, since what compiles
// TypeScript is not there without the development dependencies.
const project = join(import.meta.dirname, '..');
const { resolve } = createRequire(import.meta.url);

/** What is written last by each of the builds. */
const built = [
  'dist/chunks',
  'dist/console/index.html',
  'miniprogram/miniprogram_npm/weapp-auth-client/index.js',
  'guard/dist/index.js',
];
const sources = [
  'src',
  'client/src',
  'client/build.ts',
  'client/tsconfig.json',
  'console/src',
  'console/public',
  'console/index.html',
  'console/vite.config.ts',
  'guard/src',
  'guard/tsconfig.json',
  'guard/tsconfig.build.json',
  'dev/prepare.js',
  'dev/bundle-service.js',
  'dev/build-console.js',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
];

/**
 * @param {string} path
 * @returns {number[]} when it changed, and all that is below it; none if nothing is there
 */
function changesOf(path) {
  const at = join(project, path);
  const stat = statSync(at, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const below = stat.isDirectory() ? readdirSync(at, { recursive: true, encoding: 'utf8' }) : [];
  // An editor's lock can be a link to nothing.
  const changes = below.map((entry) => statSync(join(at, entry), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return [stat.mtimeMs, ...changes];
}

/** @returns {boolean} whether all builds are newer than all sources */
function isBuilt() {
  const oldest = Math.min(...built.map((path) => Math.max(0, ...changesOf(path))));
  return oldest > Math.max(0, ...sources.flatMap(changesOf));
}

/** @param {string[]} args */
function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: project, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** @returns {string | undefined} where the compiler of the service is */
function findCompiler() {
  try {
    return resolve('@nestjs/cli/bin/nest.js');
  } catch {
    return undefined;
  }
}

const compiler = findCompiler();
if (isBuilt()) {
  process.stdout.write('Nothing was built: nothing has changed since the last build.\n');
} else if (compiler === undefined) {
  process.stdout.write(
    'Nothing was built: the development dependencies are not installed. To run the service, build it with them first:\n' +
      '  npm ci --include=dev && npm run build && npm prune --omit=dev\n',
  );
} else {
  run(compiler, 'build');
  run(join('dev', 'bundle-service.js'));
  run(join('dev', 'build-console.js'));
  run('--import', import.meta.resolve('tsx'), join('client', 'build.ts'));
  run(resolve('typescript/bin/tsc'), '-p', join('guard', 'tsconfig.build.json'));
}
