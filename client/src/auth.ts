import { AuthError } from './auth-error.js';
import { messageOf, promised } from './callbacks.js';
import { Clock } from './clock.js';
import { Listeners } from './listeners.js';
import { Base } from './origin.js';
import { storePhone } from './phone.js';
import { errorOf, problemOf } from './problem.js';
import { lineOf } from './request-line.js';
import { Service } from './service.js';
import { Session } from './session.js';
import { Store, wechatStorage } from './store.js';
import type { Answer, Auth, AuthOptions, RequestOptions, User, Wechat } from './types.js';

declare const wx: Wechat | undefined;

/** Milliseconds that wx.login is given. */
const loginTimeout = 10_000;

/** 401s that are about the access token; others, such as `code_invalid`, are about what was sent. */
const tokenProblems = ['token_missing', 'token_invalid', 'token_expired', 'session_revoked'];

/** Where the service answers with the person. */
const personPath = /^\/me(\/(phone|avatar|identities))?\/?(\?|$)/;

/** @throws {TypeError} where `baseUrl` is none, or there is no `wx` */
export function createAuth(options: AuthOptions): Auth {
  const platform = options.wx || (typeof wx === 'undefined' ? undefined : wx);
  if (!platform) throw new TypeError('There is no wx here: pass one, such as uni or Taro.');
  const base = new Base(options.baseUrl);
  const line = lineOf(platform);
  const clock = new Clock();
  const listeners = new Listeners();

  const send = (sent: RequestOptions): Promise<Answer> =>
    promised<Answer>((callbacks) => platform.request(Object.assign({}, sent, callbacks))).catch(
      (failure: unknown) => {
        throw new AuthError('network', messageOf(failure));
      },
    );

  const sendOwn = async (sent: RequestOptions): Promise<Answer> => {
    const answer = await send(sent);
    clock.learn(answer);
    return answer;
  };

  let lastCode: Promise<unknown> = Promise.resolve();
  /** A code of wx.login, one at a time. */
  const newCode = (): Promise<string> => {
    const code = lastCode
      .then(() =>
        promised<{ code: string }>((callbacks) =>
          platform.login(Object.assign({ timeout: loginTimeout }, callbacks)),
        ),
      )
      .then(
        (result) => result.code,
        (failure: unknown) => {
          throw new AuthError('wx_login_failed', messageOf(failure));
        },
      );
    lastCode = code.catch(() => undefined);
    return code;
  };

  const session = new Session(
    new Service(base.url, options.appid, (sent) => line.run(() => sendOwn(sent), true)),
    new Store(options.storage || wechatStorage(platform), `weapp-auth:${base.url}:${options.appid || ''}`),
    clock,
    newCode,
    (name, what) => listeners.emit(name, what),
  );

  /** Sends with the access token of the moment in which it is this request's turn. */
  async function sendSigned(
    sent: RequestOptions,
  ): Promise<{ answer: Answer; token: string; logins: number }> {
    for (;;) {
      const token = await session.token();
      const { logins } = session;
      const answer = await line.run(async () =>
        session.holds(token) ? sendOwn(withBearer(sent, token)) : undefined,
      );
      if (answer) return { answer, token, logins };
    }
  }

  async function requestOwn(sent: RequestOptions): Promise<Answer> {
    for (let isReplay = false; ; isReplay = true) {
      const { answer, token, logins } = await sendSigned(sent);
      const problem = problemOf(answer);
      const code = problem && problem.code;
      if (answer.statusCode === 401 && (!code || tokenProblems.includes(code))) {
        session.refused(token, errorOf(answer));
        if (isReplay) return answer;
        await session.renew(token);
      } else if (code === 'login_again' && !isReplay) {
        await session.loginSince(logins);
      } else if (code === 'session_key_stale') {
        await session.loginSince(logins);
        return Object.assign({}, answer, { fetchAgain: true as const });
      } else {
        if (answer.statusCode === 200 && isPerson(sent.url)) session.learn(answer.data as User);
        return answer;
      }
    }
  }

  const isPerson = (url: string) => url.startsWith(base.url) && personPath.test(url.slice(base.url.length));

  const request = (sent: RequestOptions): Promise<Answer> => {
    const url = base.own(sent.url);
    const answer =
      url === undefined ? line.run(() => send(sent)) : requestOwn(Object.assign({}, sent, { url }));
    callBack(answer, sent);
    return answer;
  };

  return {
    login: (wishes) => session.login(wishes),
    request: <Data>(sent: RequestOptions) => request(sent) as Promise<Answer<Data>>,
    logout: () => session.logout(),
    get user() {
      return session.user;
    },
    async token() {
      return (await session.outReason()) === undefined ? session.token() : null;
    },
    getPhoneNumber: (event) => storePhone(event, request),
    on: (name, listener) => listeners.on(name, listener),
  };
}

/** Redirects are not followed: a bearer must not travel on to where they lead. */
function withBearer(sent: RequestOptions, token: string): RequestOptions {
  const header: Record<string, string> = {};
  for (const [name, value] of Object.entries(sent.header || {})) {
    if (name.toLowerCase() !== 'authorization') header[name] = value;
  }
  header['Authorization'] = `Bearer ${token}`;
  return Object.assign({}, sent, { header, redirect: 'manual' });
}

/** For pages that pass callbacks, as wx.request takes them. */
function callBack(answer: Promise<Answer>, { success, fail, complete }: RequestOptions): void {
  if (!success && !fail && !complete) return;
  const settled = (callback: unknown) => (what: unknown) => {
    for (const call of [callback, complete]) if (typeof call === 'function') call(what);
  };
  void answer.then(settled(success), settled(fail));
}
