import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutageLog } from './outage-log.js';

const words = { began: 'It is away.', goesOn: 'It is still away.', ended: 'It is back' };

describe('the log of an outage', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start() {
    const lines: string[] = [];
    const tell = (line: string) => void lines.push(line);
    const logger = { log: tell, warn: tell } as unknown as Logger;
    return { lines, log: new OutageLog(logger, words) };
  }

  it('has no line as long as all attempts succeed', () => {
    const { lines, log } = start();
    log.succeeded();
    expect(lines).toEqual([]);
  });

  it('has one line if they begin to fail, and one that says how long it took', () => {
    const { lines, log } = start();
    for (let attempts = 0; attempts < 10; attempts += 1) {
      log.failed('ECONNREFUSED');
      vi.advanceTimersByTime(250);
    }
    log.succeeded();
    log.succeeded();
    expect(lines).toEqual(['It is away. ECONNREFUSED', 'It is back, after 2.5 s.']);
  });

  it('has a line for each new reason, but not for reasons that take turns within a second', () => {
    const { lines, log } = start();
    for (const reason of ['ECONNREFUSED', 'standby', 'ECONNREFUSED', 'standby']) log.failed(reason);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    log.failed('standby');
    log.failed('standby');
    expect(lines.slice(1)).toEqual(['It is still away. The reason is now: standby']);
  });
});
