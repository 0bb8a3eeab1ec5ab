import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves once a process listens on its port of the loopback interface. The port is connected to, and not bound to see
 * whether it is free: at that moment the process could not bind it.
 *
 * @param reason why the process has ended, if it has
 */
export async function waitUntilListening(
  process: ChildProcess,
  port: number,
  reason: () => string,
): Promise<void> {
  while (!(await isOpen(port))) {
    if (process.exitCode !== null) throw new Error(`${process.spawnfile} ended at once:\n${reason()}`);
    await sleep(10);
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
