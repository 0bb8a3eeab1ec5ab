import type { OverloadFigures, PhaseFigures } from '../harness/measure-overload.js';
import { formatNumber } from './numbers.js';
import { renderTable } from './table.js';

const head = [
  'WeChat answers after',
  'load',
  'logins/s',
  'accepted/s',
  'p50 ms',
  'p99 ms',
  'refused/s',
  'p50 ms',
  'p99 ms',
  'failed',
  'guarded p99 ms',
  'peak MiB',
];

/** Three rows for each speed of WeChat: before, during and after the overload. */
export function renderOverload(figures: OverloadFigures[]): string {
  const rows = figures.flatMap(({ wechatDelayMs, calm, overload, after }) => [
    [`${formatNumber(wechatDelayMs)} ms`, 'before', ...renderPhase(calm)],
    ['', 'overload', ...renderPhase(overload)],
    ['', 'after', ...renderPhase(after)],
  ]);
  const notes = figures.map(({ wechatDelayMs, capacity, recoverySeconds }) => {
    const recovery =
      recoverySeconds === undefined
        ? 'No login succeeded before the overload.'
        : `All was as before ${formatNumber(recoverySeconds)} s after the overload.`;
    return `WeChat answers after ${formatNumber(wechatDelayMs)} ms: capacity ${formatNumber(capacity)} logins/s, if WeChat answers at once. ${recovery}`;
  });
  return [renderTable(head, rows, 2), ...notes].join('\n\n');
}

function renderPhase(phase: PhaseFigures): string[] {
  const ms = (value: number) => (Number.isNaN(value) ? '–' : formatNumber(value));
  const failed = Object.entries(phase.failures).map(([code, count]) => `${formatNumber(count)} ${code}`);
  if (phase.guardedFailures > 0) failed.push(`${formatNumber(phase.guardedFailures)} guarded`);
  return [
    formatNumber(phase.offeredPerSecond),
    formatNumber(phase.acceptedPerSecond),
    ms(phase.p50Ms),
    ms(phase.p99Ms),
    formatNumber(phase.refusedPerSecond),
    ms(phase.refusalP50Ms),
    ms(phase.refusalP99Ms),
    failed.length === 0 ? '0' : failed.join(', '),
    ms(phase.guardedP99Ms),
    formatNumber(phase.peakMemoryMiB),
  ];
}
