import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toHttpText } from './http-text.js';
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
 * It writes to sockets itself. A client for HTTP would need as much of the processor that it shares with Postgres as the logins do, and
 * the times would be its own.
 *
 * @returns what became of each, once all are answered
 */
export async function loadSteadily(
  url: string,
  { requestsPerSecond, seconds, makeRequest }: SteadyOptions,
): Promise<Outcome[]> {
  const { host, hostname, port } = new URL(url);
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const begunAt = performance.now();
  const send = async (request: LoadRequest): Promise<Outcome> => {
    const sentAt = performance.now();
    let connection = idle.pop();
    if (connection === undefined) all.push((connection = new Connection(connect(Number(port), hostname))));
    const answer = await connection.send(toHttpText(host, request));
    if (answer.status !== 0) idle.push(connection);
    return { ...answer, sentAtMs: sentAt - begunAt, ms: performance.now() - sentAt };
  };
  const count = Math.ceil(requestsPerSecond * seconds);
  const outcomes: Promise<Outcome>[] = [];
  try {
    while (outcomes.length < count) {
      const due = Math.min(count, Math.ceil(((performance.now() - begunAt) / 1_000) * requestsPerSecond));
      while (outcomes.length < due) outcomes.push(send(makeRequest(outcomes.length)));
      await sleep(tickMs);
    }
    return await Promise.all(outcomes);
  } finally {
    for (const connection of all) connection.close();
  }
}

type Answer = Pick<Outcome, 'status' | 'code'>;

/** A connection that is kept alive, for one request at a time. */
class Connection {
  #received = '';
  #resolve: ((answer: Answer) => void) | undefined;

  constructor(private readonly socket: Socket) {
    socket
      .setEncoding('latin1')
      .setNoDelay()
      .setTimeout(answerTimeoutMs, () => socket.destroy())
      .on('data', (text: unknown) => this.receive(text as string))
      .on('error', () => {})
      .on('close', () => this.settle({ status: 0, code: undefined }));
  }

  /** Never rejects: no answer has status 0. */
  send(text: string): Promise<Answer> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#received = '';
      this.socket.write(text);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#received)?.[1] ?? 0);
    const body = this.#received.slice(headEnd + 4);
    if (body.length < length) return;
    const status = Number(this.#received.slice(9, 12));
    this.settle({
      status,
      code: status < 400 ? undefined : (JSON.parse(body) as { code?: string }).code,
    });
  }

  private settle(answer: Answer): void {
    this.#resolve?.(answer);
    this.#resolve = undefined;
  }
}
