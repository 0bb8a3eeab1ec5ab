import { Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ServiceError } from '../errors/service.error.js';
import { TooManyUploadsError } from './http.errors.js';
import type { HttpRequest } from './http-request.js';
import { ServiceErrorFilter } from './problem.filter.js';
import { overloadLog } from './refusal-log.js';

class AwayError extends ServiceError {
  readonly code = 'database_unavailable';
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Refuses requests with these errors, by two filters in turn. */
function refuse(...errors: ServiceError[]): void {
  const host = new HttpAdapterHost();
  host.httpAdapter = new FastifyAdapter();
  for (const method of ['isHeadersSent', 'setHeader', 'reply'] as const) {
    vi.spyOn(host.httpAdapter as FastifyAdapter, method).mockReturnValue(undefined);
  }
  const filters = [new ServiceErrorFilter(host), new ServiceErrorFilter(host)];
  for (const [index, error] of errors.entries()) {
    filters[index % 2]!.answer(error, { headers: {}, method: 'GET', url: '/me' } as HttpRequest, {});
  }
}

it('the log has one line for all refusals of overload with the same reason, whatever filter answers', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const error = new TooManyUploadsError();
  refuse(error, error, error, error, error, error);
  expect(warn).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(warn.mock.calls).toEqual([[{ code: 'overloaded', refused: 6, reason: error.message }]]);
  expect([...overloadLog.totals], 'for the metrics').toEqual([[error.message, 6]]);
});

it('the log has one line a second for each reason for which the database is away, in words of the server', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const gone = new AwayError('Away.', { cause: new Error('connect ECONNREFUSED 127.0.0.1:5432') });
  const full = new AwayError('Away.', {
    cause: Object.assign(new Error('sorry, too many clients already'), { severity: 'FATAL', code: '53300' }),
  });
  refuse(gone, full, gone, gone);
  vi.advanceTimersByTime(1_000);
  refuse(gone);
  vi.advanceTimersByTime(1_000);
  const code = 'database_unavailable';
  expect(warn.mock.calls).toEqual([
    [{ code, refused: 3, reason: 'connect ECONNREFUSED 127.0.0.1:5432' }],
    [
      {
        code,
        refused: 1,
        reason: 'Postgres refused a statement, SQLSTATE 53300: sorry, too many clients already',
      },
    ],
    [{ code, refused: 1, reason: 'connect ECONNREFUSED 127.0.0.1:5432' }],
  ]);
});
