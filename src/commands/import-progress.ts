import { SingleBar } from 'cli-progress';
import type { ImportProgress } from '../users/import/user-import.js';

/** Shows the progress of an import. */
export interface Progress {
  update(state: Readonly<ImportProgress>): void;
  stop(): void;
}

/** Milliseconds between two lines if standard error is not a terminal. */
const reportIntervalMs = 10_000;

/** A bar on a terminal; elsewhere, such as in a log, a line at intervals. */
export function openProgress(stream: NodeJS.WriteStream, fileSize: number): Progress {
  return stream.isTTY ? openBar(stream, fileSize) : openLines(stream);
}

function openBar(stream: NodeJS.WriteStream, fileSize: number): Progress {
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage}% | {lines} lines | {refused} refused | {eta_formatted} left',
  });
  bar.start(fileSize, 0, { lines: 0, refused: 0 });
  return {
    update: ({ bytesRead, lines, refused }) => bar.update(bytesRead, { lines, refused }),
    stop: () => bar.stop(),
  };
}

function openLines(stream: NodeJS.WriteStream): Progress {
  let last = performance.now();
  return {
    update: ({ lines, refused }) => {
      if (performance.now() - last < reportIntervalMs) return;
      last = performance.now();
      stream.write(`${lines} lines, ${refused} refused\n`);
    },
    stop: () => {},
  };
}
