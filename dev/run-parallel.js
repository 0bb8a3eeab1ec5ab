import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// Runs scripts of package.json at the same time: `node dev/run-parallel.js lint typecheck`. npm runs one after the other. The
// output of each comes when it has ended; if one fails, the others go on to their ends.

/**
 * @param {string} script
 * @returns {Promise<boolean>} whether it succeeded
 */
async function run(script) {
  const options = { maxBuffer: Infinity, shell: process.platform === 'win32' };
  const ended = promisify(execFile)('npm', ['run', script], options);
  const { stdout, stderr, code } = await ended.catch((error) => error);
  process.stdout.write(stdout + stderr);
  return code === undefined;
}

const successes = await Promise.all(process.argv.slice(2).map(run));
process.exitCode = successes.includes(false) ? 1 : 0;
