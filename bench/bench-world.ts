import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator } from '../emulator/src/index.js';
import { removePostgres, startPostgres } from '../dev/postgres.js';
import { ServiceNode } from '../test/harness/node.js';

export const appid = 'wx00000000000000aa';
const secret = 'a1'.repeat(16);

/** Nodes on one Postgres, with fsync on, and the emulator in WeChat's place. */
export interface BenchWorld {
  nodes: ServiceNode[];
  /** Plays the phone: `phone('login', 'anna')`. */
  phone: (call: string, user: string) => Promise<Record<string, string>>;
}

/** Runs `work` on so many nodes of the built service, and leaves nothing behind. */
export async function withNodes(count: number, work: (world: BenchWorld) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-bench-'));
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-bench-postgres-'));
  const postgres = await startPostgres({ dataDirectory });
  const emulator = await createEmulator({ apps: [{ appid, secret }] });
  const nodes: ServiceNode[] = [];
  try {
    for (let index = 0; index < count; index += 1) {
      const node = ServiceNode.launch({
        PATH: process.env['PATH']!,
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: postgres.url('postgres'),
        WECHAT_APPID: appid,
        WECHAT_SECRET: secret,
        WECHAT_BASE_URL: emulator.url,
        AVATAR_STORAGE: `file:${directory}`,
        ENCRYPTION_KEYS: encryptionKey,
        JWT_ISSUER: 'https://login.example.com',
      });
      nodes.push(node);
      await node.listening();
    }
    await work({
      nodes,
      phone: async (call, user) => {
        const response = await fetch(`${emulator.url}/__emulator__/wx/${call}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ appid, user }),
        });
        return (await response.json()) as Record<string, string>;
      },
    });
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await emulator.close();
    await postgres.stop();
    removePostgres(dataDirectory);
    rmSync(directory, { recursive: true });
  }
}

const encryptionKey = randomBytes(32).toString('base64');
