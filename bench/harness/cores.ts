import { spawnSync } from 'node:child_process';

/** Which processors do what. */
export interface Cores {
  /** The processor that the measured server has for itself; undefined if nothing can be pinned. */
  server: number | undefined;
  /** What the results say about it. */
  description: string;
}

/**
 * Keeps the first processor free for the measured servers: moves this process to the others, where the load generator,
 * WeChat's stand-in and the embedded Postgres, which are its children, stay as well.
 */
export function reserveCore(): Cores {
  const [first, ...others] = readAllowedCores();
  if (first === undefined) return { server: undefined, description: 'not pinned (no taskset)' };
  if (others.length === 0) return { server: undefined, description: 'not pinned (one core)' };
  runTaskset('-a', '-cp', others.join(','), String(process.pid));
  return { server: first, description: `server on core ${first}, everything else on ${others.join(', ')}` };
}

/** A command line that runs a program on one processor. `taskset` becomes the program: the process id stays. */
export function pinTo(core: number | undefined, command: string[]): [program: string, ...rest: string[]] {
  const pinned = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  return pinned as [string, ...string[]];
}

/** Processors that this process may use; none if `taskset` is missing. */
function readAllowedCores(): number[] {
  const list = runTaskset('-cp', String(process.pid))?.match(/: ([\d,-]+)\s*$/)?.[1];
  return (list ?? '').split(',').filter(Boolean).flatMap(expandRange);
}

/** `2-4` is 2, 3 and 4. */
function expandRange(range: string): number[] {
  const [first = 0, last = first] = range.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function runTaskset(...options: string[]): string | undefined {
  const { status, stdout } = spawnSync('taskset', options, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
