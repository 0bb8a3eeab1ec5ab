import { spawnSync } from 'node:child_process';
import { loadWithAutocannon } from './autocannon-load.js';
import { loadWithWrk } from './wrk-load.js';

/** A request, without the server. */
export interface LoadRequest {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  /** JSON. */
  body?: string;
}

/** How to send requests. */
export interface LoadOptions {
  /** Keep-alive connections, each with one request under way. */
  connections: number;
  seconds: number;
}

/** What a server answered. */
export interface LoadResult {
  /** With status 2xx. */
  answers: number;
  /** Other statuses, and requests without an answer. */
  failures: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
}

/** Sends a list of requests one after the other, from its beginning again after its end. */
export type Load = (
  url: string,
  requests: readonly LoadRequest[],
  options: LoadOptions,
) => Promise<LoadResult>;

/**
 * The load generator. wrk is written in C and leaves most of its processor to Postgres. It is the only common one that sends
 * prepared requests (by a Lua script): tokens, bodies and one-time codes all differ.
 */
export function chooseLoad(): { name: string; load: Load } {
  // wrk prints its version and ends with status 1.
  const hasWrk = spawnSync('wrk', ['--version']).error === undefined;
  return hasWrk ? { name: 'wrk', load: loadWithWrk } : { name: 'autocannon', load: loadWithAutocannon };
}
