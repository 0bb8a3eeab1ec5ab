import { cpus, totalmem } from 'node:os';
import type { Bench } from '../harness/bench.js';

/** Where and how figures were got: the machine without its name. */
export function describeRun({ cores, loadName, databases }: Bench): string {
  return describeMachine(databases.version, `load by ${loadName}; ${cores.description}`);
}

/** The same of a run that measures no speed. */
export function describeMachine(postgresVersion: string, ...more: string[]): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${[
    `${new Date().toISOString().slice(0, 10)}. ${processors[0]?.model.trim() ?? 'Unknown processor'}, ${processors.length} cores, ${memory} GiB`,
    `Node ${process.versions.node}, Postgres ${postgresVersion}`,
    ...more,
  ].join('; ')}.`;
}
