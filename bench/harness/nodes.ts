import { createEmulator } from '../../emulator/src/index.js';
import { app } from '../world/deployment.js';
import { useBench } from './bench.js';
import type { ServerProcess } from './server-process.js';

/** An answer of a node. */
interface Answer {
  status: number;
  /** Of a login, or of a problem. */
  body: { accessToken?: string; code?: string };
}

/** A node of the service, spoken to over HTTP. */
export class Node {
  constructor(private readonly server: ServerProcess) {}

  login(code: string): Promise<Answer> {
    return this.ask('POST', '/auth/login', { body: { code } });
  }

  async ask(
    method: string,
    path: string,
    { accessToken, body }: { accessToken?: string; body?: object } = {},
  ): Promise<Answer> {
    const response = await fetch(this.server.url + path, {
      method,
      headers: {
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
  }
}

/** Nodes on one database, and the emulator in WeChat's place. */
export interface Nodes {
  nodes: Node[];
  /** Plays the phone: `phone('login', 'anna')`. */
  phone: (call: string, user: string) => Promise<Record<string, string>>;
}

const notPinned = { server: undefined, description: 'not pinned' };
const noPace = { warmUpRequests: 0, rounds: 1, roundSeconds: 1 };

/** Runs `work` on so many nodes of the built service, and leaves nothing behind. */
export async function withNodes(count: number, work: (nodes: Nodes) => Promise<void>): Promise<void> {
  await useBench({ pace: noPace, cores: notPinned }, async (bench) => {
    const world = await bench.createWorld(1);
    const emulator = await createEmulator({ apps: [app] });
    const servers: ServerProcess[] = [];
    const phone: Nodes['phone'] = async (call, user) => {
      const response = await fetch(`${emulator.url}/__emulator__/wx/${call}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ appid: app.appid, user }),
      });
      return (await response.json()) as Record<string, string>;
    };
    try {
      for (let number = 1; number <= count; number += 1) {
        const contender = bench.service(`node ${number}`, world, { WECHAT_BASE_URL: emulator.url });
        servers.push(await contender.start());
      }
      await work({ nodes: servers.map((server) => new Node(server)), phone });
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
      await emulator.close();
    }
  });
}
