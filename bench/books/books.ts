import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import type { Answer, AnswerBody, Call } from '../harness/nodes.js';
import type { RestartableNode } from '../harness/restartable-node.js';
import type { KnownSession, Person } from './person.js';

/** What phones, admins and other backends ask for. */
export const operations = [
  'login',
  'first login',
  'refresh',
  'guarded request',
  'open data',
  'logout',
  'logout of all sessions',
  'admin search',
  'kick by an admin',
  'ended token',
] as const;
export type Operation = (typeof operations)[number];

/** A request without a good answer. Times are those of `performance.now()`. */
export interface Failure {
  operation: Operation;
  node: string;
  sentAt: number;
  answeredAt: number;
  /** 0 if there is none. */
  status: number;
  /** Of the problem, or why there is no answer. */
  code: string;
}

/** A request, as the books note it. */
export interface Request extends Call {
  operation: Operation;
  node: RestartableNode;
  method: string;
  path: string;
}

/** An answer, or none: status 0. */
export type Reply = Pick<Answer, 'status' | 'body'> & { headers?: Headers };

/** That a node accepted an ended token later than `revocationMs`. Times are those of `performance.now()`. */
export interface LateAcceptance {
  node: string;
  acknowledgedAt: number;
  /** When it was sent the last time that it was accepted. */
  sentAt: number;
}

/** Milliseconds after which no node accepts the tokens of an ended session. */
export const revocationMs = 1_000;
/** Milliseconds until an ended token is tried again if a node accepted it or could not judge it. */
const retryMs = 250;
/** Milliseconds after which it is not tried any more. */
const maxTrialMs = 180_000;

/** What the service has acknowledged, kept on the side of its clients. */
export class Books {
  readonly persons: Person[] = [];
  readonly failures: Failure[] = [];
  /** Answers that the service must not give, in words. */
  readonly wrongAnswers: string[] = [];
  readonly lateAcceptances: LateAcceptance[] = [];
  /** Ended tokens that were refused in the end, once for each node. */
  refusedTokens = 0;
  readonly #answered = new Map<Operation, number>();
  readonly #trials = new Set<Promise<void>>();

  constructor(readonly nodes: RestartableNode[]) {}

  /** Good answers to a kind of request, so far. */
  answered(operation: Operation): number {
    return this.#answered.get(operation) ?? 0;
  }

  /** Good answers to all kinds of requests, so far. */
  get allAnswered(): number {
    return operations.reduce((sum, operation) => sum + this.answered(operation), 0);
  }

  /** Sends a request and notes what becomes of it. Whoever sends it judges answers below 500. */
  async send({ operation, node, method, path, ...call }: Request): Promise<Reply> {
    const sentAt = performance.now();
    let reply: Reply;
    let code: string | undefined;
    try {
      reply = await node.ask(method, path, call);
      code = reply.body.code;
    } catch (error) {
      reply = { status: 0, body: {} };
      code = reasonOf(error);
    }
    const { status } = reply;
    if (status === 0 || status >= 500) {
      const answeredAt = performance.now();
      this.failures.push({ operation, node: node.name, sentAt, answeredAt, status, code: code ?? 'no code' });
    } else if (status < 300) {
      this.#answered.set(operation, this.answered(operation) + 1);
    }
    return reply;
  }

  /** Notes an answer that the service must not give. No token or openid is in it. */
  noteWrong(operation: Operation, { status, body }: Reply, expected: string): void {
    const reason = body.reason === undefined ? '' : ` (${body.reason})`;
    this.wrongAnswers.push(`${operation}: ${status} ${body.code ?? ''}${reason} instead of ${expected}`);
  }

  /** Notes an acknowledged login. */
  addLogin(person: Person, { accessToken, user }: AnswerBody): KnownSession {
    const session: KnownSession = {
      id: decodeJwt(accessToken!)['sid'] as string,
      userId: user!.id,
      accessToken: accessToken!,
      state: 'open',
    };
    person.sessions.push(session);
    return session;
  }

  /** Notes that the service has acknowledged the end of sessions, and tries their tokens on every node. */
  addEnd(sessions: KnownSession[]): void {
    const acknowledgedAt = performance.now();
    for (const session of sessions) {
      session.state = 'ended';
      for (const node of this.nodes) {
        const trial = this.tryUntilRefused(node, session.accessToken, acknowledgedAt);
        this.#trials.add(trial);
        void trial.then(() => this.#trials.delete(trial));
      }
    }
  }

  /** Resolves once every node has refused the tokens of all ended sessions. */
  async allRefused(): Promise<void> {
    while (this.#trials.size > 0) await Promise.all(this.#trials);
  }

  private async tryUntilRefused(
    node: RestartableNode,
    accessToken: string,
    acknowledgedAt: number,
  ): Promise<void> {
    await sleep(acknowledgedAt + revocationMs - performance.now());
    const call = {
      operation: 'ended token',
      node,
      method: 'GET',
      path: '/auth/verify',
      accessToken,
    } as const;
    let late: LateAcceptance | undefined;
    while (performance.now() - acknowledgedAt < maxTrialMs) {
      const sentAt = performance.now();
      const { status } = await this.send(call);
      if (status === 401) {
        this.refusedTokens += 1;
        return;
      }
      // A timer may come a fraction of a millisecond early.
      if (status === 204 && sentAt - acknowledgedAt > revocationMs) {
        late ??= this.addLateAcceptance({ node: node.name, acknowledgedAt, sentAt });
        late.sentAt = sentAt;
      }
      await sleep(retryMs);
    }
    this.wrongAnswers.push(`ended token: not refused by ${node.name} within ${maxTrialMs / 1_000} s`);
  }
  private addLateAcceptance(late: LateAcceptance): LateAcceptance {
    this.lateAcceptances.push(late);
    return late;
  }
}

/** Why there is no answer: `ECONNREFUSED`, `TimeoutError`. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? name;
}
