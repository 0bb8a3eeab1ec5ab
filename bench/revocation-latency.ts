import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator } from '../emulator/src/index.js';
import { removePostgres, startPostgres } from '../local/postgres.js';
import { ServiceNode } from '../test/harness/node.js';

// How long a logout on one node takes to be felt on another: two processes on one Postgres, each asked over HTTP.
// `npm run build && npm run bench:revocation`, with `-- 1000` for as many rounds

const rounds = Number(process.argv[2] ?? 400);
const appid = 'wx00000000000000aa';
const secret = 'a1'.repeat(16);

const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-bench-'));
const postgres = await startPostgres({ dataDirectory });
const emulator = await createEmulator({ apps: [{ appid, secret }] });
const environment = {
  PATH: process.env['PATH']!,
  HOST: '127.0.0.1',
  PORT: '0',
  DATABASE_URL: postgres.url('postgres'),
  WECHAT_APPID: appid,
  WECHAT_SECRET: secret,
  WECHAT_BASE_URL: emulator.url,
  ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  JWT_ISSUER: 'https://login.example.com',
};
const nodes: ServiceNode[] = [];
try {
  const here = await startNode();
  const there = await startNode();
  const latencies: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const response = await fetch(`${emulator.url}/__emulator__/wx/login`, {
      method: 'POST',
      body: JSON.stringify({ appid, user: `person-${round % 20}` }),
    });
    const { code } = (await response.json()) as { code: string };
    const { accessToken } = (await here.login({ code })).body;
    const isLetIn = async () => (await there.as(accessToken, 'GET', '/auth/verify')).status === 204;
    if (!(await isLetIn())) throw new Error('A token of one node is not taken by the other.');
    // At any moment between two polls of the other node.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 250));
    await here.as(accessToken, 'POST', '/auth/logout');
    const answered = performance.now();
    while (await isLetIn());
    latencies.push(performance.now() - answered);
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Math.round(latencies[Math.floor(share * (latencies.length - 1))]!);
  console.log(
    `${rounds} logouts, felt on the other node after (ms): p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`,
  );

  async function startNode(): Promise<ServiceNode> {
    const node = ServiceNode.launch(environment);
    nodes.push(node);
    await node.listening();
    return node;
  }
} finally {
  await Promise.all(nodes.map((node) => node.stop()));
  await emulator.close();
  await postgres.stop();
  removePostgres(dataDirectory);
}
