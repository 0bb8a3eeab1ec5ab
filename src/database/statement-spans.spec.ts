import type { QueryRunner } from 'typeorm';
import { afterEach, expect, it } from 'vitest';
import { type Tracer, tracing } from '../tracing/tracing.js';
import { traceStatements } from './statement-spans.js';

afterEach(() => {
  delete tracing.tracer;
});

it.each([
  ['START TRANSACTION', 'START TRANSACTION'],
  ['SELECT "users"."id" FROM "users" WHERE "users"."id" = $1', 'SELECT users'],
  ['INSERT INTO "scans"("id") VALUES ($1) ON CONFLICT DO UPDATE SET id = $1', 'INSERT scans'],
  [' SELECT ceil(extract(epoch FROM min(expires_at) - now())) FROM scans', 'SELECT scans'],
  ['SELECT pg_is_in_recovery()', 'SELECT'],
])('the span of %s says what it does to which table', async (statement, name) => {
  const names: string[] = [];
  const startCall = (each: string) => void names.push(each);
  tracing.tracer = { startCall } as unknown as Tracer;
  const runner = { query: async () => [] } as unknown as QueryRunner;
  traceStatements(runner);
  await runner.query(statement);
  expect(names).toEqual([name]);
});
