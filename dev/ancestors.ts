import { basename } from 'node:path';
import { isRunByNpm } from './environment.js';
import { commandLine, parentOf, processIdentity } from './processes.js';

// Linux answers from its /proc; elsewhere each question starts a `ps`.
const interval = process.platform === 'linux' ? 100 : 1_000;

/**
 * Calls back once npm has gone. It may die of a signal that it does not pass on, or that reaches only the shell
 * between it and us; then nobody else tells us that it is time to stop.
 */
export function watchAncestors(onGone: () => void): void {
  if (!isRunByNpm()) return;
  const parent = process.ppid;
  const npm = isOurShell(parent) ? parentOf(parent) : parent;
  if (npm === undefined || isAdoptive(npm)) {
    onGone();
    return;
  }
  const watched = [parent, npm].map((pid) => ({ pid, identity: processIdentity(pid) }));
  const timer = setInterval(() => {
    if (watched.every(({ pid, identity }) => processIdentity(pid) === identity)) return;
    clearInterval(timer);
    onGone();
  }, interval);
  timer.unref();
}

/** Whether npm was gone before we could look: the parent is one that takes in orphans, and not npm itself. */
function isAdoptive(pid: number): boolean {
  const program = programOf(pid);
  const takesInOrphans = pid === 1 || program === 'systemd';
  return takesInOrphans && !/^(npm|pnpm|yarn|bun|node)\b/.test(program) && !isOurShell(pid);
}

/** The shell by which npm runs a script. */
function isOurShell(pid: number): boolean {
  const script = basename(process.argv[1] ?? '');
  return /^(da|ba|z|a)?sh$/.test(programOf(pid)) && commandLine(pid).join(' ').includes(script);
}

function programOf(pid: number): string {
  return basename(commandLine(pid)[0]?.split(' ')[0] ?? '');
}
