import { createEmulator, type Emulator } from '../../emulator/src/index.js';
import { app } from '../world/deployment.js';
import { useBench } from './bench.js';
import type { ServerProcess } from './server-process.js';

/** An answer of a node. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Empty if it has none. */
  body: AnswerBody;
}

/** Of a login or a refresh, of a search, or of a problem. */
export interface AnswerBody {
  accessToken?: string;
  refreshToken?: string;
  user?: { id: string };
  items?: { id: string }[];
  code?: string;
  reason?: string;
}

/** What is sent besides method and path. */
export interface Call {
  accessToken?: string;
  headers?: Record<string, string>;
  /** JSON. */
  body?: object;
}

/** Milliseconds after which no answer is waited for: longer than any deadline of the service. */
const answerTimeoutMs = 30_000;

/** A node of the service, spoken to over HTTP. */
export class Node {
  constructor(private readonly url: string) {}

  login(code: string): Promise<Answer> {
    return this.ask('POST', '/auth/login', { body: { code } });
  }

  /** @throws {TypeError} if there is no connection, {DOMException} if there is no answer in time */
  async ask(method: string, path: string, { accessToken, headers, body }: Call = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...headers,
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as AnswerBody,
    };
  }
}

/** Plays phones with an emulator: `phone('login', 'anna')`. */
export type EmulatedPhone = (call: string, user: string, appid?: string) => Promise<Record<string, string>>;

/** The phones of an emulator. */
export function phonesOf(emulator: Emulator): EmulatedPhone {
  return async (call, user, appid = app.appid) => {
    const response = await fetch(`${emulator.url}/__emulator__/wx/${call}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ appid, user }),
    });
    return (await response.json()) as Record<string, string>;
  };
}

/** Nodes on one database, and the emulator in WeChat's place. */
export interface Nodes {
  nodes: Node[];
  phone: EmulatedPhone;
}

const notPinned = { server: undefined, description: 'not pinned' };
const noPace = { warmUpRequests: 0, rounds: 1, roundSeconds: 1 };

/** Runs `work` on so many nodes of the built service, and leaves nothing behind. */
export async function withNodes(count: number, work: (nodes: Nodes) => Promise<void>): Promise<void> {
  await useBench({ pace: noPace, cores: notPinned }, async (bench) => {
    const world = await bench.createWorld(1);
    const emulator = await createEmulator({ apps: [app] });
    const servers: ServerProcess[] = [];
    try {
      for (let number = 1; number <= count; number += 1) {
        const contender = bench.service(`node ${number}`, world, { WECHAT_BASE_URL: emulator.url });
        servers.push(await contender.start());
      }
      await work({ nodes: servers.map(({ url }) => new Node(url)), phone: phonesOf(emulator) });
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
      await emulator.close();
    }
  });
}
