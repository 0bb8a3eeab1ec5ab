import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { LoadRequest } from './load.js';

/** Milliseconds between two moments at which requests are sent. */
const tickMs = 5;
/** Milliseconds after which no answer is waited for. */
const answerTimeoutMs = 30_000;

/** Requests that are sent at a steady rate, whether or not earlier ones have been answered. */
export interface SteadyOptions {
  requestsPerSecond: number;
  seconds: number;
  makeRequest: (serial: number) => LoadRequest;
}

/** What became of a request. */
export interface Outcome {
  /** Milliseconds since the beginning of the load. */
  sentAtMs: number;
  /** Milliseconds until it was answered. */
  ms: number;
  /** The status of the answer; 0 for none. */
  status: number;
  /** The code of a problem. */
  code: string | undefined;
}

/**
 * Sends requests as many phones do, each of which knows nothing of the others. A generator with a number of connections
 * would wait for a slow server, and send less.
 *
 * @returns what became of each, once all are answered
 */
export async function loadSteadily(
  url: string,
  { requestsPerSecond, seconds, makeRequest }: SteadyOptions,
): Promise<Outcome[]> {
  const pool = new Pool(url, {
    // One for each request.
    connections: null,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  });
  const count = Math.ceil(requestsPerSecond * seconds);
  const outcomes: Promise<Outcome>[] = [];
  const begunAt = performance.now();
  try {
    while (outcomes.length < count) {
      const due = Math.min(count, Math.ceil(((performance.now() - begunAt) / 1_000) * requestsPerSecond));
      while (outcomes.length < due) outcomes.push(send(pool, makeRequest(outcomes.length), begunAt));
      await sleep(tickMs);
    }
    return await Promise.all(outcomes);
  } finally {
    await pool.destroy();
  }
}

async function send(pool: Pool, request: LoadRequest, begunAt: number): Promise<Outcome> {
  const sentAt = performance.now();
  const outcome = (status: number, code?: string): Outcome => ({
    sentAtMs: sentAt - begunAt,
    ms: performance.now() - sentAt,
    status,
    code,
  });
  try {
    const { statusCode, body } = await pool.request(request);
    if (statusCode < 400) {
      await body.dump();
      return outcome(statusCode);
    }
    return outcome(statusCode, ((await body.json()) as { code?: string }).code);
  } catch {
    return outcome(0);
  }
}
