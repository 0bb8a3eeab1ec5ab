import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { projectDirectory } from './build.js';
import { beginVersion } from './changelog.js';
import { packPackage } from './pack.js';

const usage = `Usage: npm run release [-- VERSION]

Packs weapp-auth and its workspaces into release/. With a version, every package.json gets it, and what is below
"Unreleased" in CHANGELOG.md becomes its entry. Nothing is published.
`;

const [version, ...others] = process.argv.slice(2);
if (others.length > 0 || (version !== undefined && !/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(version))) {
  process.stderr.write(usage);
  process.exit(1);
}

const { workspaces } = readManifest('.') as { workspaces: string[] };
const directories = ['.', ...workspaces];
if (version !== undefined) {
  const changelog = join(projectDirectory, 'CHANGELOG.md');
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync(changelog, beginVersion(readFileSync(changelog, 'utf8'), version, today));
  npm(
    'version',
    version,
    '--no-git-tag-version',
    '--allow-same-version',
    '--workspaces',
    '--include-workspace-root',
  );
}
for (const workspace of workspaces) npm('run', 'build', '--workspace', workspace, '--if-present');
for (const directory of directories) {
  const file = packPackage(join(projectDirectory, directory), join(projectDirectory, 'release'));
  process.stdout.write(`${file}\n`);
}

function readManifest(directory: string): unknown {
  return JSON.parse(readFileSync(join(projectDirectory, directory, 'package.json'), 'utf8'));
}

function npm(...args: string[]): void {
  execFileSync('npm', [...args, '--ignore-scripts=false'], {
    cwd: projectDirectory,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}
