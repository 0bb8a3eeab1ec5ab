import type { BaseUrl } from './base-url.js';
import { Call } from './call.js';
import type { Api, Network } from './network.js';
import { parseJson, readProblem, toAuthError } from './problem.js';
import type { RequestQueue } from './request-queue.js';
import { readHeader } from './response-header.js';
import type { Session } from './session.js';
import { isUser } from './type-guards.js';
import type { Abortable, Answer, Customization, RequestOptions } from './types.js';

/** Codes of a 401 that are about the access token. Others, such as `code_invalid`, are about the request. */
const tokenCodes = ['token_missing', 'token_invalid', 'token_expired', 'session_revoked'];

/** With these codes, the service has done nothing yet: after a login, the same request succeeds. */
const loginCodes = ['login_again', 'fresh_login_required'];

/** Paths whose answer is the user. */
const userPath = /^\/me(\/(phone|avatar|identities))?\/?(\?|$)/;

/** An answer with what is needed to decide about a repeat. */
interface Attempt {
  answer: Answer;
  /** The access token that the request carried. */
  token: string | undefined;
  /** Whether the answer refuses the access token. */
  isRefused: boolean;
  /** The number of logins when it was sent. */
  loginCount: number;
}

/** A call on its way. */
interface Outgoing {
  api: Api;
  options: RequestOptions;
  call: Call;
}

/** Sends the calls of the pages. Those to the own origins carry the access token. All others are sent unchanged. */
export class Requests {
  /** Number of changes of the user that pages have made. */
  private userChanges = 0;

  constructor(
    private readonly base: BaseUrl,
    private readonly session: Session,
    private readonly network: Network,
    private readonly queue: RequestQueue,
    private readonly custom: Customization,
  ) {}

  /** Rejects with an `AuthError`. */
  send(options: RequestOptions, api: Api = 'request'): Abortable<Answer> {
    const call = new Call(api, options);
    const answer = this.sendAndClose({ api, options, call });
    invokeCallbacks(answer, options);
    return Object.assign(answer, { abort: () => call.abort() });
  }

  private async sendAndClose(outgoing: Outgoing): Promise<Answer> {
    try {
      return await this.sendWithHooks(outgoing);
    } finally {
      outgoing.call.close();
    }
  }

  private async sendWithHooks({ api, options: asked, call }: Outgoing): Promise<Answer> {
    const { beforeRequest, afterResponse } = this.custom;
    const options = (beforeRequest && (await call.wait(Promise.resolve(beforeRequest(asked))))) || asked;
    const url = this.base.resolve(options.url);
    const answer = await (url === undefined
      ? this.sendUnchanged({ api, options, call })
      : this.sendToOwnOrigin({ api, options: Object.assign({}, options, { url }), call }));
    return (afterResponse && (await call.wait(Promise.resolve(afterResponse(answer, options))))) || answer;
  }

  private sendUnchanged({ api, options, call }: Outgoing): Promise<Answer> {
    return call.inTurn(this.queue, () => this.network.send(withTimeLeft(options, call), api, call));
  }

  /** Repeats the request once at most: with a new token, or after a login that the service asked for. */
  private async sendToOwnOrigin(outgoing: Outgoing): Promise<Answer> {
    const { session } = this;
    const { options, call } = outgoing;
    let { auth } = options;
    for (let isRepeat = false; ; isRepeat = true) {
      const { userChanges } = this;
      const { answer, token, isRefused, loginCount } = await this.attempt(outgoing, auth);
      if (token === undefined) return answer;
      const { code } = readProblem(answer) || { code: undefined };
      if (isRefused) {
        try {
          session.handleRefusedToken(token, toAuthError(answer));
          if (isRepeat) return answer;
          await call.wait(session.renew(token));
        } catch (error) {
          if (auth !== 'optional') throw error;
          auth = 'none';
        }
      } else if (loginCodes.includes(code!) && !isRepeat) {
        await call.wait(session.loginSince(loginCount));
      } else if (code === 'session_key_stale') {
        await call.wait(session.loginSince(loginCount));
        return Object.assign({}, answer, { fetchAgain: true as const });
      } else {
        this.updateUser(answer, options, userChanges);
        return answer;
      }
    }
  }

  /** Sends the request with the access token that is present when its turn comes. */
  private async attempt({ api, options, call }: Outgoing, auth: RequestOptions['auth']): Promise<Attempt> {
    const { session } = this;
    for (;;) {
      const token = await call.wait(this.getToken(auth));
      const { loginCount } = session;
      const received = await call.inTurn(this.queue, async () =>
        token === undefined || session.holds(token)
          ? this.network[this.base.isService(options.url) ? 'sendToService' : 'send'](
              withBearer(withTimeLeft(options, call), token, api),
              api,
              call,
            )
          : undefined,
      );
      if (received) return Object.assign(this.read(received, api), { token, loginCount });
    }
  }

  private async getToken(auth: RequestOptions['auth']): Promise<string | undefined> {
    if (auth === 'none') return undefined;
    return auth === 'optional' ? this.session.tokenIfSignedIn() : this.session.token();
  }

  /** Nobody can read the data of a download: it is in a file. */
  private read(received: Answer, api: Api): Pick<Attempt, 'answer' | 'isRefused'> {
    const { isExpired, unwrap } = this.custom;
    const isReadable = api !== 'downloadFile';
    const raw = api === 'uploadFile' ? withParsedData(received) : received;
    const answer = unwrap && isReadable ? Object.assign({}, raw, { data: unwrap(raw) }) : raw;
    const isRefused = refusesToken(answer) || Boolean(isExpired && isReadable && isExpired(raw));
    return { answer, isRefused };
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

/** Whether a 401 is about the access token: RFC 6750 says so in a header, and the service in a code. */
function refusesToken(answer: Answer): boolean {
  if (answer.statusCode !== 401) return false;
  const { code } = readProblem(answer) || { code: '' };
  return tokenCodes.includes(code) || /\binvalid_token\b/.test(readHeader(answer, 'www-authenticate'));
}

/** wx.uploadFile returns text. */
function withParsedData(answer: Answer): Answer {
  const data = parseJson(answer.data);
  return data && typeof data === 'object' ? Object.assign({}, answer, { data }) : answer;
}

function withTimeLeft(options: RequestOptions, { timeLeft }: Call): RequestOptions {
  return timeLeft === undefined ? options : Object.assign({}, options, { timeout: timeLeft });
}

/** Redirects are not followed, because the token must not be sent to where they lead. wx.uploadFile has no such option. */
function withBearer(options: RequestOptions, token: string | undefined, api: Api): RequestOptions {
  if (token === undefined) return options;
  const header: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.header || {})) {
    if (name.toLowerCase() !== 'authorization') header[name] = value;
  }
  header['Authorization'] = `Bearer ${token}`;
  return Object.assign({}, options, { header }, api === 'request' && { redirect: 'manual' });
}

/** For pages that pass callbacks, as wx.request takes them. */
function invokeCallbacks(answer: Promise<Answer>, { success, fail, complete }: RequestOptions): void {
  if (!success && !fail && !complete) return;
  const settle = (callback: unknown) => (result: unknown) => {
    for (const call of [callback, complete]) if (typeof call === 'function') call(result);
  };
  void answer.then(settle(success), settle(fail));
}
