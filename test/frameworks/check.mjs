import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

// `npm run check:frameworks`: installs, type-checks and builds the client in a Taro and a uni-app project. It is not one of the
// ordinary tests, because it installs 700 MB from the registry.

const examples = join(import.meta.dirname, '../../examples');

/** A header that only the client sends. */
const clientText = 'Idempotency-Key';

for (const name of ['taro', 'uni-app']) {
  const directory = join(examples, name);
  const npm = (...parameters) => {
    console.log(`${name}: npm ${parameters.join(' ')}`);
    execFileSync('npm', parameters, { cwd: directory, stdio: 'inherit' });
  };
  npm('install', '--no-audit', '--no-fund');
  npm('run', 'check');
  npm('run', 'build');
  const built = await readdir(join(directory, 'dist'), { recursive: true });
  const scripts = built.filter((file) => file.endsWith('.js'));
  const texts = await Promise.all(scripts.map((file) => readFile(join(directory, 'dist', file), 'utf8')));
  const hasClient = texts.some((text) => text.includes(clientText));
  if (!hasClient) throw new Error(`${name}: the client is not in dist/.`);
  console.log(`${name}: built, with the client.`);
}
