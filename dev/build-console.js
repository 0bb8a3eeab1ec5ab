import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

// Builds the operator's console into console/dist/, and copies it to dist/console/, which the service serves. The first takes
// seconds, so it is only done if the source or a dependency has changed. Plain JavaScript, since the Dockerfile runs it without tsx.
const project = join(import.meta.dirname, '..');
const source = join(project, 'console');
const built = join(source, 'dist');
const served = join(project, 'dist/console');
const stamp = join(built, '.source');

/** @param {string} path @returns {string[]} the files at or below it */
function filesOf(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}

/** What the build depends on. */
function hashSource() {
  const hash = createHash('sha256');
  const files = ['index.html', 'vite.config.ts', 'package.json', '../package-lock.json'].map((file) =>
    join(source, file),
  );
  for (const file of [...files, ...filesOf(join(source, 'src')), ...filesOf(join(source, 'public'))]) {
    hash.update(`${file.slice(project.length)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

const hash = hashSource();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
  const { build } = await import('vite');
  await build({ configFile: join(source, 'vite.config.ts'), logLevel: 'warn' });
  // The service sends these to browsers that take them.
  for (const file of filesOf(join(built, 'assets'))) {
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
  }
  writeFileSync(stamp, hash);
}
rmSync(served, { recursive: true, force: true });
cpSync(built, served, { recursive: true, filter: (path) => path !== stamp });
