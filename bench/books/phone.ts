import { randomInt, randomUUID } from 'node:crypto';
import type { EmulatedPhone } from '../harness/nodes.js';
import type { RestartableNode } from '../harness/restartable-node.js';
import type { Books, Operation, Reply, Request } from './books.js';
import { type KnownSession, Person } from './person.js';

/** A wx.login code that has not led to a session yet. */
interface Attempt {
  code: string;
  idempotencyKey: string;
  /** Whether it was sent before, and the answer was lost. */
  isRepeat: boolean;
}

interface SignedIn {
  session: KnownSession;
  refreshToken: string;
  /** When the tokens came, by `performance.now()`. */
  since: number;
}

/** Milliseconds after which an honest phone refreshes: well before its access token expires. */
const refreshAfterMs = 300_000;

/**
 * A mini-program on the phone of a person: it repeats what it got no answer to, as the client does, and notes in the books what
 * it was told. Each method sends one request.
 */
export class Phone {
  #attempt: Attempt | undefined;
  #signedIn: SignedIn | undefined;
  #repeatsRefresh = false;

  constructor(
    readonly person: Person,
    private readonly appid: string,
    private readonly books: Books,
    private readonly emulated: EmulatedPhone,
  ) {}

  get session(): KnownSession | undefined {
    return this.#signedIn?.session;
  }

  /** What has to be done before anything else, if there is something. */
  get isDue(): 'login' | 'refresh' | undefined {
    if (this.#attempt !== undefined || this.#signedIn === undefined) return 'login';
    const isOld = performance.now() - this.#signedIn.since > refreshAfterMs;
    return this.#repeatsRefresh || isOld ? 'refresh' : undefined;
  }

  /** @returns whether it was acknowledged */
  async login(node = this.anyNode()): Promise<boolean> {
    const attempt = (this.#attempt ??= await this.beginAttempt());
    const operation = this.person.sessions.length === 0 ? 'first login' : 'login';
    const reply = await this.send(operation, 'POST', '/auth/login', {
      node,
      headers: { 'idempotency-key': attempt.idempotencyKey },
      body: { code: attempt.code, appid: this.appid },
    });
    if (reply.status === 200) {
      const session = this.books.addLogin(this.person, reply.body);
      this.#signedIn = { session, refreshToken: reply.body.refreshToken!, since: performance.now() };
      this.#attempt = undefined;
      this.#repeatsRefresh = false;
      this.person.unsureKeys.delete(this.appid);
      return true;
    }
    this.person.unsureKeys.add(this.appid);
    if (isUnanswered(reply)) {
      attempt.isRepeat = true;
      return false;
    }
    this.#attempt = undefined;
    if (!attempt.isRepeat || reply.body.code !== 'code_used') this.books.noteWrong('login', reply, '200');
    return false;
  }

  async refresh(): Promise<void> {
    const signedIn = this.#signedIn!;
    const reply = await this.send('refresh', 'POST', '/auth/refresh', {
      body: { refreshToken: signedIn.refreshToken },
    });
    this.#repeatsRefresh = isUnanswered(reply);
    if (reply.status === 200) {
      signedIn.refreshToken = reply.body.refreshToken!;
      signedIn.session.accessToken = reply.body.accessToken!;
      signedIn.since = performance.now();
    } else if (!this.#repeatsRefresh) this.signOut('refresh', reply);
  }

  async verify(): Promise<void> {
    const reply = await this.send('guarded request', 'GET', '/auth/verify', this.#bearer);
    if (reply.status === 204) {
      const userId = reply.headers!.get('x-user-id');
      if (userId !== this.session!.userId) {
        this.books.wrongAnswers.push(
          `guarded request: the token of ${this.session!.userId} is that of ${userId}`,
        );
      }
    } else if (!isUnanswered(reply)) this.signOut('guarded request', reply);
  }

  async openData(): Promise<void> {
    const { encryptedData, iv, rawData, signature } = await this.emulated(
      'getUserInfo',
      this.person.name,
      this.appid,
    );
    const reply = await this.send('open data', 'POST', '/me/open-data', {
      ...this.#bearer,
      body: { encryptedData, iv, rawData, signature },
    });
    if (reply.status === 200 || isUnanswered(reply)) return;
    if (reply.status === 401) this.signOut('open data', reply);
    else if (this.person.unsureKeys.has(this.appid) && reply.body.code === 'session_key_stale') {
      this.#signedIn = undefined;
    } else this.books.noteWrong('open data', reply, '200');
  }

  async logout(): Promise<void> {
    const { session } = this;
    const reply = await this.send('logout', 'POST', '/auth/logout', this.#bearer);
    if (reply.status === 204) this.books.addEnd([session!]);
    else if (isUnanswered(reply)) Person.doubt([session!]);
    else this.signOut('logout', reply);
    this.#signedIn = undefined;
  }

  /** If the answer is lost, a statement that the database has still to run may end sessions that are opened from now on. */
  async logoutAll(): Promise<void> {
    const sessions = this.person.liveSessions;
    const reply = await this.send('logout of all sessions', 'POST', '/auth/logout/all', this.#bearer);
    if (reply.status === 204) this.books.addEnd(sessions);
    else if (isUnanswered(reply)) {
      Person.doubt(sessions);
      this.person.isGivenUp = true;
    } else this.signOut('logout of all sessions', reply);
    this.#signedIn = undefined;
  }

  /** Sends a request with the phone's address and token. Repeated logins come from the same address. */
  async send(
    operation: Operation,
    method: string,
    path: string,
    { node = this.anyNode(), headers, ...call }: Partial<Request>,
  ): Promise<Reply> {
    return this.books.send({
      operation,
      node,
      method,
      path,
      headers: { 'x-forwarded-for': this.person.address, ...headers },
      ...call,
    });
  }

  get #bearer() {
    return { accessToken: this.session!.accessToken };
  }

  private anyNode(): RestartableNode {
    return this.books.nodes[randomInt(this.books.nodes.length)]!;
  }

  private async beginAttempt(): Promise<Attempt> {
    const { code } = await this.emulated('login', this.person.name, this.appid);
    return { code: code!, idempotencyKey: randomUUID(), isRepeat: false };
  }

  /** The session does not go on. That is right only if somebody has asked for its end. */
  private signOut(operation: Operation, reply: Reply): void {
    const isEnd = reply.status === 401 && this.session!.state !== 'open';
    if (!isEnd) this.books.noteWrong(operation, reply, 'an answer for a session that nobody has ended');
    this.#signedIn = undefined;
    this.#repeatsRefresh = false;
  }
}

/** Whether an outage may be the reason: the request is repeated. */
export function isUnanswered({ status }: Reply): boolean {
  return status === 0 || status >= 500;
}
