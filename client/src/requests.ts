import type { Network } from './network.js';
import type { Base } from './origin.js';
import { errorOf, problemOf } from './problem.js';
import type { RequestLine } from './request-line.js';
import type { Session } from './session.js';
import { isUser } from './sound.js';
import type { Answer, RequestOptions } from './types.js';

/** 401s that are about the access token; others, such as `code_invalid`, are about what was sent. */
const tokenProblems = ['token_missing', 'token_invalid', 'token_expired', 'session_revoked'];

/** What is answered instead of doing anything where only a login helps; the same request will do after it. */
const loginProblems = ['login_again', 'fresh_login_required'];

/** Where the service answers with the person. */
const personPath = /^\/me(\/(phone|avatar|identities))?\/?(\?|$)/;

/** An answer, and what it was asked with. */
interface Signed {
  answer: Answer;
  token: string;
  logins: number;
}

/** The requests of the pages: those to the service carry the access token, all others go as they are. */
export class Requests {
  /** How often a page has changed the person. */
  private changes = 0;

  constructor(
    private readonly base: Base,
    private readonly session: Session,
    private readonly network: Network,
    private readonly line: RequestLine,
  ) {}

  /** @throws {AuthError} */
  send(options: RequestOptions): Promise<Answer> {
    const url = this.base.own(options.url);
    const answer =
      url === undefined
        ? this.line.run(() => this.network.send(options))
        : this.sendOwn(Object.assign({}, options, { url }));
    callBack(answer, options);
    return answer;
  }

  /** Sends, and once more at most: after another token was had, or a login that the service asked for. */
  private async sendOwn(options: RequestOptions): Promise<Answer> {
    const { session } = this;
    for (let isReplay = false; ; isReplay = true) {
      const { changes } = this;
      const { answer, token, logins } = await this.sendSigned(options);
      const { code } = problemOf(answer) || { code: undefined };
      if (answer.statusCode === 401 && (!code || tokenProblems.includes(code))) {
        session.refused(token, errorOf(answer));
        if (isReplay) return answer;
        await session.renew(token);
      } else if (loginProblems.includes(code!) && !isReplay) {
        await session.loginSince(logins);
      } else if (code === 'session_key_stale') {
        await session.loginSince(logins);
        return Object.assign({}, answer, { fetchAgain: true as const });
      } else {
        this.learn(answer, options, changes);
        return answer;
      }
    }
  }

  /** Sends with the access token of the moment in which it is this request's turn. */
  private async sendSigned(options: RequestOptions): Promise<Signed> {
    for (;;) {
      const token = await this.session.token();
      const { logins } = this.session;
      const answer = await this.line.run(async () =>
        this.session.holds(token) ? this.network.sendOwn(withBearer(options, token)) : undefined,
      );
      if (answer) return { answer, token, logins };
    }
  }

  /** @param changes before it was sent: who was read then may be older than what a change has answered since */
  private learn(
    { statusCode, data }: Answer,
    { url, method = 'GET' }: RequestOptions,
    changes: number,
  ): void {
    const isPerson = personPath.test(url.replace(this.base.url, ''));
    if (statusCode !== 200 || !isPerson || !isUser(data)) return;
    if (method !== 'GET') this.changes += 1;
    else if (changes !== this.changes) return;
    this.session.learn(data);
  }
}

/** Redirects are not followed: a bearer must not travel on to where they lead. */
function withBearer(options: RequestOptions, token: string): RequestOptions {
  const header: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.header || {})) {
    if (name.toLowerCase() !== 'authorization') header[name] = value;
  }
  header['Authorization'] = `Bearer ${token}`;
  return Object.assign({}, options, { header, redirect: 'manual' });
}

/** For pages that pass callbacks, as wx.request takes them. */
function callBack(answer: Promise<Answer>, { success, fail, complete }: RequestOptions): void {
  if (!success && !fail && !complete) return;
  const settled = (callback: unknown) => (what: unknown) => {
    for (const call of [callback, complete]) if (typeof call === 'function') call(what);
  };
  void answer.then(settled(success), settled(fail));
}
