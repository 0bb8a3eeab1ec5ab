import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LocalError } from './local.error.js';

/** The checkout: what is built, and where from. */
export const projectDirectory = dirname(import.meta.dirname);
export const buildDirectory = join(projectDirectory, 'dist');

/** Compiles the service and its console unless what is there is newer than its source. */
export async function ensureBuilt(signal: AbortSignal): Promise<void> {
  if (isBuilt()) return;
  process.stdout.write('Building…\n');
  const output = await build(signal);
  if (output === undefined) return;
  // The compiler writes in spite of errors; the next start must not take that for a good build.
  rmSync(buildDirectory, { recursive: true, force: true });
  throw new LocalError(`The build failed.\n${output}`);
}

/** Builds the client for the demo unless that has been done: with `npm ci --ignore-scripts` nothing did it. */
export async function ensureDemoBuilt(): Promise<void> {
  if (existsSync(join(projectDirectory, 'miniprogram/miniprogram_npm/weapp-auth-client/index.js'))) return;
  const { buildClient, copyIntoDemo } = await import('../client/build.js');
  await buildClient();
  await copyIntoDemo();
}

const sources = [
  'src',
  'tsconfig.json',
  'tsconfig.build.json',
  'console/src',
  'console/public',
  'console/index.html',
  'console/vite.config.ts',
];

function isBuilt(): boolean {
  const lastChange = Math.max(...sources.map((source) => newest(join(projectDirectory, source))));
  return newest(join(buildDirectory, 'app.setup.js')) > 0 && newest(buildDirectory) > lastChange;
}

/** When anything at or below a path last changed; a directory does so when a file in it comes or goes. */
function newest(path: string): number {
  const statOf = (at: string) => statSync(at, { throwIfNoEntry: false });
  const stat = statOf(path);
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const below = readdirSync(path, { recursive: true, encoding: 'utf8' });
  // An editor's lock can be a link to nothing.
  return Math.max(stat.mtimeMs, ...below.map((entry) => statOf(join(path, entry))?.mtimeMs ?? 0));
}

/** @returns what the compiler printed, if it failed */
async function build(signal: AbortSignal): Promise<string | undefined> {
  const nest = createRequire(import.meta.url).resolve('@nestjs/cli/bin/nest.js');
  return (await run([nest, 'build'], signal)) ?? run([join('dev', 'build-console.js')], signal);
}

/** @returns what a program printed, if it failed */
function run(args: string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: projectDirectory,
      signal,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? undefined : output.trim()));
  });
}
