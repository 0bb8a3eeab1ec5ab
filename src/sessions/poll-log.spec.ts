import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PollLog } from './poll-log.js';

describe('the log of polls', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start() {
    const lines: string[] = [];
    const tell = (line: string) => void lines.push(line);
    const logger = { log: tell, warn: tell } as unknown as Logger;
    return { lines, log: new PollLog(logger, 'Nobody comes in.') };
  }

  it('has no line as long as all of them succeed', () => {
    const { lines, log } = start();
    log.succeeded();
    expect(lines).toEqual([]);
  });

  it('has one line if they begin to fail, and one that says how long it took', () => {
    const { lines, log } = start();
    for (let polls = 0; polls < 10; polls += 1) {
      log.failed('ECONNREFUSED');
      vi.advanceTimersByTime(250);
    }
    log.succeeded();
    log.succeeded();
    expect(lines).toEqual([
      'This node cannot learn what is revoked. Nobody comes in. ECONNREFUSED',
      'This node knows again what is revoked, after 2.5 s.',
    ]);
  });

  it('has a line for each new reason, but not for reasons that take turns within a second', () => {
    const { lines, log } = start();
    for (const reason of ['ECONNREFUSED', 'standby', 'ECONNREFUSED', 'standby']) log.failed(reason);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    log.failed('standby');
    log.failed('standby');
    expect(lines.slice(1)).toEqual([
      'This node still cannot learn what is revoked. The reason is now: standby',
    ]);
  });
});
