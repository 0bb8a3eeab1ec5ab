import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError, errorCode } from './local.error.js';
import { processIdentity } from './processes.js';

/** Held by the one launcher that may use a data directory. */
export interface LauncherLock {
  release(): void;
}

/**
 * Takes the lock of a data directory: a file that names a process and when it started, so that one left by a
 * launcher that was killed is told from one whose launcher lives.
 */
export function takeLauncherLock(dataDirectory: string): LauncherLock {
  const file = join(dataDirectory, 'launcher.pid');
  const content = `${process.pid}\n${processIdentity(process.pid)}\n`;
  for (;;) {
    if (createWhole(file, content)) {
      return {
        release: () => {
          if (read(file) === content) rmSync(file, { force: true });
        },
      };
    }
    const found = read(file);
    if (found === undefined) continue;
    const owner = livingOwner(found);
    if (owner !== undefined) {
      throw new LocalError(
        `${dataDirectory} is in use: already running (pid ${owner}). Stop that one, or give this one a directory of its own.`,
      );
    }
    removeStale(file, found);
  }
}

function livingOwner(content: string): number | undefined {
  const [pid, identity] = content.split('\n');
  return identity && processIdentity(Number(pid)) === identity ? Number(pid) : undefined;
}

/** Linking a finished file into place is atomic: nobody ever reads a lock without its content. */
function createWhole(file: string, content: string): boolean {
  const draft = besides(file);
  writeFileSync(draft, content, { flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

/** Of several launchers that find the same stale lock, one moves it away; one that moved a newer lock puts it back. */
function removeStale(file: string, stale: string): void {
  const aside = besides(file);
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if (read(aside) === stale) rmSync(aside);
  else renameSync(aside, file);
}

function besides(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}`;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
