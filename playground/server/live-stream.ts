import type { ServerResponse } from 'node:http';
import type { WechatState } from '../../emulator/src/index.js';
import type { LiveEvent } from './live-events.js';
import { maskPersonal } from './mask-personal.js';
import type { People } from './people.js';
import type { Troubles } from './troubles.js';

/** Milliseconds between two looks at the database while somebody watches: what nobody asked for changes things, too. */
const interval = 1_000;

/** A page that is open. */
interface Watcher {
  user: string;
  response: ServerResponse;
  /** What it was told last, by type: what has not changed is not told again. */
  told: Map<LiveEvent['type'], string>;
}

/** Tells the pages that are open what happens, as it happens. */
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
    private readonly people: People,
    private readonly troubles: Troubles,
  ) {
    this.#stopListening = wechat.requests.listen(({ method, path, query, body }) => {
      const id = ++this.#calls;
      const carried = maskPersonal({ ...query, ...(body as object) });
      this.tell({ type: 'wechat-call-started', id, at: Date.now(), method, path, carried });
      return (answer) => {
        const told = answer && { status: answer.status, carried: maskPersonal(answer.body) };
        this.tell({ type: 'wechat-call-ended', id, at: Date.now(), ...told });
        this.look();
      };
    });
  }

  /** Keeps a page informed of one person until it goes away, which it may have done already. */
  add(user: string, response: ServerResponse): void {
    if (this.#isClosed || response.destroyed) {
      response.end();
      return;
    }
    const watcher: Watcher = { user, response, told: new Map() };
    this.#watchers.add(watcher);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.once('close', () => this.remove(watcher));
    this.#timer ??= setInterval(() => this.look(), interval);
    this.look();
  }

  /** Tells what has changed in the database and of the troubles. */
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

  /** Lets all pages go, so that the service can stop. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    for (const watcher of this.#watchers) {
      watcher.response.end();
      this.remove(watcher);
    }
  }

  private async lookOnce(): Promise<void> {
    const armed = this.troubles.armed();
    for (const watcher of this.#watchers) {
      tellChange(watcher, { type: 'troubles', armed });
      // A database that is away has no news; the service says so to whoever asks it.
      const people = await this.people.of(watcher.user).catch(() => undefined);
      if (people) tellChange(watcher, { type: 'people', people });
    }
  }

  private tell(event: LiveEvent): void {
    for (const { response } of this.#watchers) send(response, JSON.stringify(event));
  }

  private remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function tellChange({ response, told }: Watcher, event: LiveEvent): void {
  const text = JSON.stringify(event);
  if (told.get(event.type) === text) return;
  told.set(event.type, text);
  send(response, text);
}

function send(response: ServerResponse, text: string): void {
  if (!response.writableEnded) response.write(`data: ${text}\n\n`);
}
