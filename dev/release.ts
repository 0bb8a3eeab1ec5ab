import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { projectDirectory } from './build.js';
import { beginVersion } from './changelog.js';
import { packPackage, publicWorkspaces } from './pack.js';

const usage = `Usage: npm run release [-- VERSION]

Packs weapp-auth and its workspaces into release/. With a version, every package.json gets it, and what is below
"Unreleased" in CHANGELOG.md becomes its entry. Nothing is published.
`;

const [version, ...others] = process.argv.slice(2);
if (others.length > 0 || (version !== undefined && !/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(version))) {
  process.stderr.write(usage);
  process.exit(1);
}

const workspaces = publicWorkspaces();
if (version !== undefined) {
  const changelog = join(projectDirectory, 'CHANGELOG.md');
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync(changelog, beginVersion(readFileSync(changelog, 'utf8'), version, today));
  const places = workspaces.flatMap((workspace) => ['--workspace', workspace]);
  npm('version', version, '--no-git-tag-version', '--include-workspace-root', ...places);
}
for (const workspace of workspaces) {
  npm('run', 'build', '--workspace', workspace);
}
for (const directory of ['.', ...workspaces]) {
  const file = packPackage(join(projectDirectory, directory), join(projectDirectory, 'release'));
  process.stdout.write(`${file}\n`);
}

function npm(...args: string[]): void {
  execFileSync('npm', args, {
    cwd: projectDirectory,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}
