import type { QueryRunner } from 'typeorm';
import { type Span, type SpanAttributes, tracing } from '../tracing/tracing.js';
import { isGivenUp } from './database.errors.js';

/**
 * Runs a statement in a span of its own, if tracing is on. The span has neither the text nor the parameters
 * (https://opentelemetry.io/docs/specs/semconv/db/postgresql/).
 *
 * @param summary the name of the statement, or what it does to which table
 */
export function traceStatement<Result>(summary: string, run: () => Promise<Result>): Promise<Result> {
  const span = tracing.tracer?.startCall(summary, {
    'db.system.name': 'postgresql',
    'db.query.summary': summary,
  });
  // Without a promise of its own: each login and refresh runs through here.
  return span === undefined ? run() : runInSpan(span, run);
}

async function runInSpan<Result>(span: Span, run: () => Promise<Result>): Promise<Result> {
  try {
    const result = await run();
    span.end();
    return result;
  } catch (error) {
    span.end(failureOf(error));
    throw error;
  }
}

/** Traces the statements that TypeORM runs on a connection. */
export function traceStatements(runner: QueryRunner): void {
  if (tracing.tracer === undefined) return;
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  runner.query = ((text: string, ...others: unknown[]) =>
    traceStatement(summarize(text), () => query(text, ...others))) as QueryRunner['query'];
}

/** The first word of a statement, and the first table, such as `SELECT users`. In our SQL, values are parameters. `extract(epoch FROM …)` names no table. */
function summarize(text: string): string {
  const [operation] = /START TRANSACTION|\w+/.exec(text) ?? ['statement'];
  const table = /(?<!extract\(\w+ )\b(?:FROM|INTO|UPDATE|TABLE)\s+"?([a-z_]+)/.exec(text)?.[1];
  return table === undefined ? operation.toUpperCase() : `${operation.toUpperCase()} ${table}`;
}

/** By its code: messages of Postgres quote values. */
function failureOf(error: unknown): SpanAttributes {
  if (isGivenUp(error)) return { 'error.type': 'timeout' };
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const known = driverError?.code ?? code;
  if (typeof known !== 'string') return { 'error.type': '_OTHER' };
  // A SQLSTATE has a digit, and a code of Node, such as EPIPE, has none.
  const isSqlState = /^(?=.*\d)[0-9A-Z]{5}$/.test(known);
  return { 'error.type': known, ...(isSqlState && { 'db.response.status_code': known }) };
}
