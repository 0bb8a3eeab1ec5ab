import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';

const hasProcFileSystem = existsSync('/proc/self/stat');
const bootId = hasProcFileSystem ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : '';

interface ProcessRecord {
  parent: number;
  startedAt: string;
}

/**
 * What tells one process from a later one that got the same number: when it started. Undefined where no such
 * process runs; one that has ended and only waits for its parent to notice does not run.
 */
export function processIdentity(pid: number): string | undefined {
  return readProcess(pid)?.startedAt;
}

/** The parent of a running process. */
export function parentOf(pid: number): number | undefined {
  return readProcess(pid)?.parent;
}

/** The command line of a running process, one string per argument where the system tells them apart. */
export function commandLine(pid: number): string[] {
  if (!hasProcFileSystem) return [ps('command=', pid)];
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The directory a running process works in, where the system says so. */
export function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Waits until a process has ended; false when it has not within the time given. */
export async function waitForExit(pid: number, milliseconds: number): Promise<boolean> {
  const identity = processIdentity(pid);
  if (identity === undefined) return true;
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    if (processIdentity(pid) !== identity) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

function readProcess(pid: number): ProcessRecord | undefined {
  if (hasProcFileSystem) return readProcFileSystem(pid);
  if (process.platform === 'win32') return isThere(pid) ? { parent: 0, startedAt: 'unknown' } : undefined;
  const [parent, state, ...startedAt] = ps('ppid=,state=,lstart=', pid).trim().split(/\s+/);
  if (!parent || !state || state.startsWith('Z')) return undefined;
  return { parent: Number(parent), startedAt: startedAt.join(' ') };
}

function readProcFileSystem(pid: number): ProcessRecord | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything: count from its end (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return { parent: Number(parent), startedAt: `${bootId}/${fields[19]}` };
}

function ps(columns: string, pid: number): string {
  try {
    const format = columns.split(',').flatMap((column) => ['-o', column]);
    return execFileSync('ps', [...format, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
