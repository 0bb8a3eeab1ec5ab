import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';
import { type Report, type RunOptions, runWithBooks, type Stage } from './run-with-books.js';

/** What is done to the deployment, in this order. */
export const soakActs = [
  'node 1 killed, and started again',
  'Postgres restarted',
  'node 2 killed, and started again',
  'Postgres crashed, and started again',
] as const;
export type SoakAct = (typeof soakActs)[number];

export interface SoakOptions extends Pick<RunOptions, 'load' | 'afterwards' | 'keepLogs'> {
  acts: readonly SoakAct[];
  /** Lets the load go on before an act, and after the last one. `part` counts from 0. */
  pause: (part: number, stage: Stage) => Promise<void>;
}

/**
 * When the acts begin, as shares of the run. The nodes are killed early: their memory is judged in the second half. The other
 * restart of Postgres belongs into it.
 */
const shares = [0.1, 0.22, 0.34, 0.7, 1];

const pollMs = 100;

/** All acts in the course of so many seconds. */
export function scheduleSoak(seconds: number): Pick<SoakOptions, 'acts' | 'pause'> {
  let from: number | undefined;
  return {
    acts: soakActs,
    pause: async (part) => {
      from ??= performance.now();
      await sleep(Math.max(0, from + shares[part]! * seconds * 1_000 - performance.now()));
    },
  };
}

/** Runs mixed load on two nodes and a Postgres of its own. Leaves nothing behind. */
export async function soak({ acts, pause, ...options }: SoakOptions): Promise<Report> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-soak-'));
  let postgres: Postgres = await startPostgres({ dataDirectory });
  const restart = async ({ nodes }: Stage, mode: 'fast' | 'immediate') => {
    await postgres.stop(mode);
    // It stays away until every node has felt it.
    while ((await Promise.all(nodes.map((node) => node.isReady()))).includes(true)) await sleep(pollMs);
    postgres = await startPostgres({ dataDirectory, port: postgres.port });
  };
  const kill = async ({ nodes }: Stage, index: number) => {
    await nodes[index]!.stop('SIGKILL');
    await nodes[index]!.restart();
  };
  const perform: Record<SoakAct, (stage: Stage) => Promise<void>> = {
    'node 1 killed, and started again': (stage) => kill(stage, 0),
    'Postgres restarted': (stage) => restart(stage, 'fast'),
    'node 2 killed, and started again': (stage) => kill(stage, 1),
    'Postgres crashed, and started again': (stage) => restart(stage, 'immediate'),
  };
  try {
    await createDatabase(postgres, 'soak');
    return await runWithBooks({
      databaseUrl: postgres.url('soak'),
      ...options,
      play: async (stage) => {
        for (const [part, act] of acts.entries()) {
          await pause(part, stage);
          await stage.act(act, () => perform[act](stage));
        }
        await pause(acts.length, stage);
      },
    });
  } finally {
    await postgres.stop();
    removePostgres(dataDirectory);
  }
}
