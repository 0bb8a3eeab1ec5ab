import type { ServerResponse } from 'node:http';
import type { WechatState } from '../../emulator/src/index.js';
import type { LiveEvent, WebhookMessage } from './live-events.js';
import { maskPersonal } from './mask-personal.js';
import type { UserRecords } from './user-records.js';
import type { ServerFaults } from './server-faults.js';

/** The database is read so often while a page is open, because it also changes without a request. */
const interval = 1_000;

/** A page that is connected. */
interface Watcher {
  user: string;
  response: ServerResponse;
  /** The last event of each type. An unchanged event is not sent again. */
  lastSent: Map<LiveEvent['type'], string>;
}

/** Sends events to the connected pages. */
export class LiveStream {
  readonly #watchers = new Set<Watcher>();
  readonly #stopListening: () => void;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #calls = 0;

  constructor(
    wechat: WechatState,
    private readonly users: UserRecords,
    private readonly faults: ServerFaults,
  ) {
    this.#stopListening = wechat.requests.listen(({ method, path, query, body }) => {
      const id = ++this.#calls;
      const carried = maskPersonal({ ...query, ...(body as object) });
      this.send({ type: 'wechat-call-started', id, at: Date.now(), method, path, carried });
      return (answer) => {
        const masked = answer && { status: answer.status, carried: maskPersonal(answer.body) };
        this.send({ type: 'wechat-call-ended', id, at: Date.now(), ...masked });
        this.look();
      };
    });
  }

  /** Sends a page the events of one user until it disconnects. It may already have disconnected. */
  add(user: string, response: ServerResponse): void {
    if (this.#isClosed || response.destroyed) {
      response.end();
      return;
    }
    const watcher: Watcher = { user, response, lastSent: new Map() };
    this.#watchers.add(watcher);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.once('close', () => this.remove(watcher));
    this.#timer ??= setInterval(() => this.look(), interval);
    this.look();
  }

  /** Tells the pages that a message has arrived at the application. */
  sendWebhookMessage(message: WebhookMessage): void {
    this.send({ type: 'webhook-message', at: Date.now(), message });
  }

  /** Sends an event to all pages. */
  send(event: LiveEvent): void {
    for (const { response } of this.#watchers) send(response, JSON.stringify(event));
  }

  /** Reads the database and the faults, and sends what has changed. */
  look(): void {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.lookOnce().finally(() => {
      this.#looking = undefined;
      if (!this.#lookAgain) return;
      this.#lookAgain = false;
      this.look();
    });
  }

  /** Disconnects all pages, so that the service can stop. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    for (const watcher of this.#watchers) {
      watcher.response.end();
      this.remove(watcher);
    }
  }

  private async lookOnce(): Promise<void> {
    const active = this.faults.active();
    for (const watcher of this.#watchers) {
      sendChange(watcher, { type: 'faults', active });
      // If the database is down, there is nothing to send. The service reports it.
      const users = await this.users.find(watcher.user).catch(() => undefined);
      if (users) sendChange(watcher, { type: 'users', users });
    }
  }

  private remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function sendChange({ response, lastSent }: Watcher, event: LiveEvent): void {
  const text = JSON.stringify(event);
  if (lastSent.get(event.type) === text) return;
  lastSent.set(event.type, text);
  send(response, text);
}

function send(response: ServerResponse, text: string): void {
  if (!response.writableEnded) response.write(`data: ${text}\n\n`);
}
