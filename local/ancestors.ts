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
  const watched = ancestorsUpToNpm().map((pid) => ({ pid, identity: processIdentity(pid) }));
  const timer = setInterval(() => {
    if (watched.every(({ pid, identity }) => processIdentity(pid) === identity)) return;
    clearInterval(timer);
    onGone();
  }, interval);
  timer.unref();
}

/** Our parent, and the one above it where the parent is the shell that npm runs a script by. */
function ancestorsUpToNpm(): number[] {
  const parent = process.ppid;
  const [shell = ''] = commandLine(parent);
  const isShell = /(^|\/)(da|ba|z|a)?sh( |$)/.test(shell);
  const grandparent = isShell ? parentOf(parent) : undefined;
  return grandparent === undefined ? [parent] : [parent, grandparent];
}
