import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LocalError, errorCode } from './local.error.js';
import { commandLine, processIdentity, waitForExit, workingDirectory } from './processes.js';

/** What `postmaster.pid` in a cluster says about the server that last ran there. */
interface Postmaster {
  pid: number;
  isReady: boolean;
}

/** Whether this very process is serving the cluster and takes connections. */
export function isReady(cluster: string, pid: number | undefined): boolean {
  const postmaster = readPostmaster(cluster);
  return postmaster?.pid === pid && postmaster?.isReady === true;
}

/**
 * Clears the way for a new server: stops one that a killed launcher left behind, and sees to it that a number in a
 * stale file which now belongs to some other process does not keep Postgres from starting.
 */
export async function stopOrphan(cluster: string): Promise<void> {
  const postmaster = readPostmaster(cluster);
  if (!postmaster) return;
  const { pid } = postmaster;
  if (isPostgresOf(cluster, pid)) await stop(cluster, pid);
  else disownStaleFile(cluster);
}

function readPostmaster(cluster: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), isReady: lines[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}

function isPostgresOf(cluster: string, pid: number): boolean {
  if (processIdentity(pid) === undefined) return false;
  const [program = '', ...options] = commandLine(pid);
  if (options.length === 0) {
    // `ps` gives one string.
    return /\bpostgres\b/.test(program) && program.includes(cluster);
  }
  const isPostgres = /^(postgres|postmaster)(\.exe)?\b/.test(basename(program));
  return isPostgres && (options.includes(cluster) || workingDirectory(pid) === cluster);
}

async function stop(cluster: string, pid: number): Promise<void> {
  // As in `pg_ctl stop`: fast, then immediate, then by force.
  for (const [signal, timeoutMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!isPostgresOf(cluster, pid)) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (errorCode(error) === 'ESRCH') return;
      throw new LocalError(
        `A Postgres (pid ${pid}) that another user started is still serving ${cluster}. Stop it: kill -INT ${pid}`,
        { cause: error },
      );
    }
    if (await waitForExit(pid, timeoutMs)) return;
  }
  throw new LocalError(`The Postgres with pid ${pid}, which serves ${cluster}, does not end.`);
}

/**
 * Postgres takes any living process with the number in the file for a server, itself and its parent apart. So our
 * own number goes into it; without the file Postgres could not look for server processes that are still attached.
 */
function disownStaleFile(cluster: string): void {
  const file = join(cluster, 'postmaster.pid');
  if (process.platform === 'win32') {
    rmSync(file, { force: true });
    return;
  }
  const [, ...rest] = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [process.pid, ...rest].join('\n'));
}
