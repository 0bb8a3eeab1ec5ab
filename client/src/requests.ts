import type { BaseUrl } from './base-url.js';
import type { Network } from './network.js';
import { readProblem, toAuthError } from './problem.js';
import type { RequestQueue } from './request-queue.js';
import type { Session } from './session.js';
import { isUser } from './type-guards.js';
import type { Answer, RequestOptions } from './types.js';

/** Codes of a 401 that are about the access token. Others, such as `code_invalid`, are about the request. */
const tokenCodes = ['token_missing', 'token_invalid', 'token_expired', 'session_revoked'];

/** With these codes, the service has done nothing yet: after a login, the same request succeeds. */
const loginCodes = ['login_again', 'fresh_login_required'];

/** Paths whose answer is the user. */
const userPath = /^\/me(\/(phone|avatar|identities))?\/?(\?|$)/;

interface SignedAnswer {
  answer: Answer;
  /** The access token that the request carried. */
  token: string;
  /** The number of logins when it was sent. */
  loginCount: number;
}

/** Sends the requests of the pages. Those to the service carry the access token. All others are sent unchanged. */
export class Requests {
  /** Number of changes of the user that pages have made. */
  private userChanges = 0;

  constructor(
    private readonly base: BaseUrl,
    private readonly session: Session,
    private readonly network: Network,
    private readonly queue: RequestQueue,
  ) {}

  /** @throws {AuthError} */
  send(options: RequestOptions): Promise<Answer> {
    const url = this.base.resolve(options.url);
    const answer =
      url === undefined
        ? this.queue.run(() => this.network.send(options))
        : this.sendToService(Object.assign({}, options, { url }));
    invokeCallbacks(answer, options);
    return answer;
  }

  /** Repeats the request once at most: with a new token, or after a login that the service asked for. */
  private async sendToService(options: RequestOptions): Promise<Answer> {
    const { session } = this;
    for (let isRepeat = false; ; isRepeat = true) {
      const { userChanges } = this;
      const { answer, token, loginCount } = await this.sendSigned(options);
      const { code } = readProblem(answer) || { code: undefined };
      if (answer.statusCode === 401 && (!code || tokenCodes.includes(code))) {
        session.handleRefusedToken(token, toAuthError(answer));
        if (isRepeat) return answer;
        await session.renew(token);
      } else if (loginCodes.includes(code!) && !isRepeat) {
        await session.loginSince(loginCount);
      } else if (code === 'session_key_stale') {
        await session.loginSince(loginCount);
        return Object.assign({}, answer, { fetchAgain: true as const });
      } else {
        this.updateUser(answer, options, userChanges);
        return answer;
      }
    }
  }

  /** Sends the request with the access token that is present when its turn comes. */
  private async sendSigned(options: RequestOptions): Promise<SignedAnswer> {
    for (;;) {
      const token = await this.session.token();
      const { loginCount } = this.session;
      const answer = await this.queue.run(async () =>
        this.session.holds(token) ? this.network.sendToService(withBearer(options, token)) : undefined,
      );
      if (answer) return { answer, token, loginCount };
    }
  }

  /** @param userChanges when the request was sent: a user that was read before a change must not replace the changed user */
  private updateUser(
    { statusCode, data }: Answer,
    { url, method = 'GET' }: RequestOptions,
    userChanges: number,
  ): void {
    const isAboutUser = userPath.test(url.replace(this.base.url, ''));
    if (statusCode !== 200 || !isAboutUser || !isUser(data)) return;
    if (method !== 'GET') this.userChanges += 1;
    else if (userChanges !== this.userChanges) return;
    this.session.updateUser(data);
  }
}

/** Redirects are not followed, because the token must not be sent to where they lead. */
function withBearer(options: RequestOptions, token: string): RequestOptions {
  const header: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.header || {})) {
    if (name.toLowerCase() !== 'authorization') header[name] = value;
  }
  header['Authorization'] = `Bearer ${token}`;
  return Object.assign({}, options, { header, redirect: 'manual' });
}

/** For pages that pass callbacks, as wx.request takes them. */
function invokeCallbacks(answer: Promise<Answer>, { success, fail, complete }: RequestOptions): void {
  if (!success && !fail && !complete) return;
  const settle = (callback: unknown) => (result: unknown) => {
    for (const call of [callback, complete]) if (typeof call === 'function') call(result);
  };
  void answer.then(settle(success), settle(fail));
}
