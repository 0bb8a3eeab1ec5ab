import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectDirectory } from './build.js';

/** What concerns the repository alone. A stranger's npm would ask about the scripts. */
const repositoryMembers = [
  'private',
  'scripts',
  'devDependencies',
  'workspaces',
  'allowScripts',
  'scarfSettings',
];

interface Manifest {
  private?: boolean;
  workspaces?: string[];
}

/** The workspaces that others install: those of tests are private. */
export function publicWorkspaces(): string[] {
  const { workspaces = [] } = readManifest(projectDirectory);
  return workspaces.filter((workspace) => readManifest(join(projectDirectory, workspace)).private !== true);
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

interface Packed {
  filename: string;
  files: { path: string }[];
}

/**
 * Packs a package as others install it: what is built by now, and a package.json without what is for the repository.
 *
 * @param directory of the package
 * @param destination where the file is put
 * @returns the path of the file
 */
export function packPackage(directory: string, destination: string): string {
  const [listed] = npmPack(directory, ['--dry-run']);
  const staging = mkdtempSync(join(tmpdir(), 'weapp-auth-pack-'));
  try {
    for (const { path } of listed!.files) {
      mkdirSync(dirname(join(staging, path)), { recursive: true });
      cpSync(join(directory, path), join(staging, path));
    }
    const kept = Object.entries(readManifest(directory)).filter(
      ([name]) => !repositoryMembers.includes(name),
    );
    writeFileSync(join(staging, 'package.json'), `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
    mkdirSync(destination, { recursive: true });
    const [packed] = npmPack(staging, ['--pack-destination', destination]);
    return join(destination, packed!.filename);
  } finally {
    rmSync(staging, { recursive: true });
  }
}

function npmPack(directory: string, options: string[]): Packed[] {
  const args = ['pack', '--json', '--ignore-scripts', '--workspaces=false', ...options];
  const output = execFileSync('npm', args, {
    cwd: directory,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const packed = JSON.parse(output) as Packed[] | Record<string, Packed>;
  return Object.values(packed);
}
