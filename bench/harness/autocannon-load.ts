import autocannon from 'autocannon';
import type { LoadOptions, LoadRequest, LoadResult } from './load.js';
import { percentile } from './statistics.js';

/** Load by autocannon, in this process. */
export async function loadWithAutocannon(
  url: string,
  requests: readonly LoadRequest[],
  { connections, seconds }: LoadOptions,
): Promise<LoadResult> {
  let next = 0;
  // Its own histogram knows whole milliseconds only.
  const times: number[] = [];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        connections,
        duration: seconds,
        requests: [
          {
            setupRequest: (defaults) => {
              const { method, path, headers, body } = requests[next % requests.length]!;
              next += 1;
              // It adds the length of the body to the headers.
              return { ...defaults, method, path, headers: { ...headers }, body };
            },
          },
        ],
      },
      (error: unknown, finished) => {
        if (error) reject(error);
        else resolve(finished);
      },
    );
    instance.on('response', (_client, _statusCode, _bytes, milliseconds) => times.push(milliseconds));
  });
  times.sort((a, b) => a - b);
  return {
    answers: result['2xx'],
    failures: result.non2xx + result.errors + result.timeouts,
    seconds: result.duration,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
  };
}
