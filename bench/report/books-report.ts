import { type Act, explanationOf, type Verdict } from '../books/audit.js';
import { type Failure, type Operation, operations } from '../books/books.js';
import type { Report } from '../books/run-with-books.js';
import { formatNumber } from './numbers.js';
import { renderTable } from './table.js';

/** Broken promises that are told in words, of each kind. */
const maxTold = 20;

const reasons = ['node killed', 'database away', 'machine too slow'] as const;

/** What was asked for, how often it failed, and why. */
export function renderOperations({ books, watch }: Report): string {
  const rows = operations.map((operation) => {
    const failures = books.failures.filter((failure) => failure.operation === operation);
    const explained = failures.map((failure) => explanationOf(failure, watch));
    const count = (reason: string | undefined) =>
      formatNumber(explained.filter((each) => each === reason).length);
    const answered = operation === 'ended token' ? books.refusedTokens : books.answered(operation);
    return [operation, formatNumber(answered), ...reasons.map(count), count(undefined)];
  });
  return [
    renderTable(['request', 'answered', ...reasons, 'without a reason'], rows, 1),
    renderCodes(books.failures),
  ].join('\n\n');
}

/** How requests failed: `503 database_unavailable`, `0 ECONNREFUSED`. */
function renderCodes(failures: Failure[]): string {
  const counts = new Map<string, number>();
  for (const { status, code } of failures) {
    const failure = `${status === 0 ? 'no answer' : status} ${code}`;
    counts.set(failure, (counts.get(failure) ?? 0) + 1);
  }
  const told = [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([failure, count]) => `${formatNumber(count)} × ${failure}`);
  return `Failures: ${told.join(', ') || 'none'}.`;
}

export function renderVerdicts(verdicts: Verdict[]): string {
  const rows = verdicts.map(({ promise, checked, broken }) => [
    promise,
    formatNumber(checked),
    formatNumber(broken.length),
  ]);
  const told = verdicts
    .filter(({ broken }) => broken.length > 0)
    .map(({ promise, broken }) => {
      const lines = broken.slice(0, maxTold).map((each) => `- ${each}`);
      if (broken.length > maxTold) lines.push(`- and ${formatNumber(broken.length - maxTold)} more`);
      return [`Broken: ${promise}.`, '', ...lines].join('\n');
    });
  return [renderTable(['promise', 'checked', 'broken'], rows, 1), ...told].join('\n\n');
}

/** Seconds from the beginning of an act until the last request was sent that it made fail; `–` if none failed. */
function outageSeconds(failures: Failure[], operation: Operation, { from, to }: Act): string {
  const sent = failures
    .filter((failure) => failure.operation === operation && failure.sentAt >= from && failure.sentAt <= to)
    .map(({ sentAt }) => sentAt);
  return sent.length === 0 ? '–' : formatNumber((Math.max(...sent) - from) / 1_000);
}

/** How long each act was felt by the most frequent requests. */
export function renderActs(
  { acts, books, from }: Report,
  columns: { head: string; cell: (act: Act) => string }[] = [],
): string {
  const felt = ['login', 'refresh', 'guarded request'] as const;
  const rows = acts.map((act) => {
    const after = (time: number) => formatNumber((time - from) / 1_000);
    return [
      act.name,
      after(act.from),
      ...felt.map((operation) => outageSeconds(books.failures, operation, act)),
      formatNumber((act.to - act.from) / 1_000),
      ...columns.map(({ cell }) => cell(act)),
    ];
  });
  const head = [
    'event',
    'at s',
    ...felt.map((operation) => `${operation} fails until s`),
    'all well after s',
  ];
  return renderTable([...head, ...columns.map(({ head: each }) => each)], rows, 1);
}
