import type { Contender } from './contender.js';
import { median } from './statistics.js';

/** How a server starts on a database that is up. Undefined: not measured on this system. */
export interface StartFigures {
  /** Milliseconds until it is ready. */
  readyMs: number;
  /** Milliseconds of CPU until then. */
  readyCpuMs: number | undefined;
  peakMemoryMiB: number | undefined;
}

/**
 * Starts each contender several times in turn.
 *
 * @returns medians, in the order of the contenders
 */
export async function measureStart(contenders: Contender[], rounds: number): Promise<StartFigures[]> {
  const starts: StartFigures[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const server = await contender.start();
      starts[index]!.push({
        readyMs: server.startMs,
        readyCpuMs: server.startCpuUs === undefined ? undefined : server.startCpuUs / 1_000,
        peakMemoryMiB: server.peakMemoryMiB,
      });
      await server.stop();
    }
  }
  return starts.map((measured) => ({
    readyMs: median(measured.map(({ readyMs }) => readyMs))!,
    readyCpuMs: median(measured.map(({ readyCpuMs }) => readyCpuMs)),
    peakMemoryMiB: median(measured.map(({ peakMemoryMiB }) => peakMemoryMiB)),
  }));
}
