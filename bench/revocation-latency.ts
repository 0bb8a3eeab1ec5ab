import { setTimeout as sleep } from 'node:timers/promises';
import { withNodes } from './harness/nodes.js';
import { percentile } from './harness/statistics.js';

// How long a logout on one node takes to be felt on another: two processes on one Postgres, each asked over HTTP.
// `npm run build && npm run bench:revocation`, with `-- 1000` for as many rounds

const rounds = Number(process.argv[2] ?? 400);
/** Milliseconds between two polls of a node: a logout may fall anywhere between them. */
const pollPause = 250;

await withNodes(2, async ({ nodes: [here, there], phone }) => {
  const latencies: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { code } = await phone('login', `person-${round % 20}`);
    const { accessToken } = (await here!.login(code!)).body;
    const isLetIn = async () => (await there!.ask('GET', '/auth/verify', { accessToken })).status === 204;
    if (!(await isLetIn())) throw new Error('A token of one node is not taken by the other.');
    await sleep(Math.random() * pollPause);
    await here!.ask('POST', '/auth/logout', { accessToken });
    const answered = performance.now();
    while (await isLetIn());
    latencies.push(performance.now() - answered);
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Math.round(percentile(latencies, share));
  console.log(
    `${rounds} logouts, felt on the other node after (ms): p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`,
  );
});
