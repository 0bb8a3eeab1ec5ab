import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Microseconds of a clock tick: Linux reports in 1/100 s on every platform (`man 5 proc_pid_stat`, `man 7 time`). */
const tickUs = 10_000;

interface ProcessTimes {
  parent: number;
  /** Microseconds of CPU, user and system. */
  own: number;
  /** The same of children that have ended. */
  endedChildren: number;
}

/** Microseconds of CPU that a process has used so far; undefined on systems without /proc. */
export function readCpuUs(pid: number): number | undefined {
  return readTimes(pid)?.own;
}

/** Microseconds of CPU of a process and all its children, the ended ones included; undefined without /proc. */
export function readFamilyCpuUs(parent: number): number | undefined {
  const times = readTimes(parent);
  if (times === undefined) return undefined;
  const children = readChildren(parent).map((pid) => readTimes(pid));
  return children.reduce((sum, child) => sum + (child?.own ?? 0), times.own + times.endedChildren);
}

/** The processes that a process has started, and that have not ended; none without /proc. */
export function readChildren(parent: number): number[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readTimes(pid)?.parent === parent);
}

/** Microseconds of CPU of a process and its children that have ended; undefined without /proc. */
export function readCpuAndEndedUs(pid: number): number | undefined {
  const times = readTimes(pid);
  return times && times.own + times.endedChildren;
}

/** The parent of a process, if its program has this name; undefined otherwise and without /proc. */
export function findParent(pid: number, program: string): number | undefined {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== program) return undefined;
  } catch {
    return undefined;
  }
  return readTimes(pid)?.parent;
}

/** The most memory that a process has had so far, in MiB (`VmHWM`); undefined on systems without /proc. */
export function readPeakMemoryMiB(pid: number): number | undefined {
  return readStatusMiB(pid, 'VmHWM');
}

/** The memory that a process has now, in MiB (`VmRSS`); undefined on systems without /proc. */
export function readResidentMiB(pid: number): number | undefined {
  return readStatusMiB(pid, 'VmRSS');
}

function readStatusMiB(pid: number, field: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1_024;
  } catch {
    return undefined;
  }
}

function readTimes(pid: number): ProcessTimes | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name of the program, in parentheses, may contain anything. The state follows it.
  const [, parent, ...rest] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = rest.slice(9);
  return {
    parent: parent!,
    own: (user + system) * tickUs,
    endedChildren: (childrenUser + childrenSystem) * tickUs,
  };
}
