import { Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TooManyUploadsError } from './http.errors.js';
import type { HttpRequest } from './http-request.js';
import { ServiceErrorFilter } from './problem.filter.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('the log has one line for all refusals of overload with the same reason, whatever filter answers', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const host = new HttpAdapterHost();
  host.httpAdapter = new FastifyAdapter();
  for (const method of ['isHeadersSent', 'setHeader', 'reply'] as const) {
    vi.spyOn(host.httpAdapter as FastifyAdapter, method).mockReturnValue(undefined);
  }
  const filters = [new ServiceErrorFilter(host), new ServiceErrorFilter(host)];
  const error = new TooManyUploadsError();
  for (let request = 0; request < 6; request += 1) {
    filters[request % 2]!.answer(error, { headers: {}, method: 'GET', url: '/me' } as HttpRequest, {});
  }
  expect(warn).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(warn.mock.calls).toEqual([[{ code: 'overloaded', refused: 6, reason: error.message }]]);
});
