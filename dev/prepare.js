import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// `npm ci` runs this at its end: builds the service, its console, the client for the demo, and the guard for the examples. Plain
// JavaScript, since what compiles TypeScript is not there without the development dependencies.
const project = join(import.meta.dirname, '..');
const { resolve } = createRequire(import.meta.url);

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
if (compiler === undefined) {
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
