import type { components } from '../api/openapi.js';
import { fetchOrFail, ProblemError, readProblem } from '../api/problem.error.js';
import { urlOf } from '../api/service.js';
import { refreshTokens, revokeToken, type Tokens } from './oauth.js';

export type Me = components['schemas']['MeResponse'];

/** Why nobody is signed in any more: of this page, or a `reason` of `session_revoked`. */
export type SignOutReason =
  'signed_out' | 'session_expired' | 'kicked' | 'disabled' | 'merged' | 'deleted' | 'reused';

export type SessionState =
  | { name: 'restoring' }
  /** The service is away, so that nobody knows whether the session still lives. */
  | { name: 'unreachable'; problem: ProblemError }
  | { name: 'signed-out'; reason?: SignOutReason }
  | { name: 'signed-in'; me: Me; isConfirming: boolean };

/** Requests wait for it until the user has logged in again, or does not want to. */
interface Confirmation {
  promise: Promise<boolean>;
  resolve: (isConfirmed: boolean) => void;
}

/** Seconds before the end of an access token in which it is renewed first. */
const renewalMargin = 30;
const storageKey = 'weapp-auth-console.refresh-token';

/**
 * Who is signed in. The tokens are only in memory. While the page is left, the refresh token is in sessionStorage, so that a
 * reload signs in again. It is not there longer: a duplicate of the tab would have the same token, and the service ends a session
 * whose token is used twice.
 */
export class Session {
  #state: SessionState = { name: 'restoring' };
  readonly #listeners = new Set<() => void>();
  #accessToken: string | undefined;
  #refreshToken: string | undefined;
  /** By the clock of this browser, from the moment when the token came: the clock of the service does not matter. */
  #renewAt = 0;
  #refreshing: Promise<void> | undefined;
  #confirmation: Confirmation | undefined;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): SessionState => this.#state;

  /** Keeps the refresh token for a reload. For the moment when the page is left. */
  store(): void {
    if (this.#refreshToken !== undefined) sessionStorage.setItem(storageKey, this.#refreshToken);
  }

  /** The page is shown again as it was. */
  resume(): void {
    takeStoredToken();
  }

  /** Signs in with the refresh token that this tab has kept, if it has one. */
  async restore(): Promise<void> {
    this.#set({ name: 'restoring' });
    this.#refreshToken ??= takeStoredToken();
    if (this.#refreshToken === undefined) {
      this.#set({ name: 'signed-out' });
      return;
    }
    try {
      await this.#refresh();
      await this.#loadMe();
    } catch (error) {
      this.#failToRestore(error);
    }
  }

  /** Signs in with the tokens of an approved code. */
  async signIn(tokens: Tokens): Promise<void> {
    this.#keep(tokens);
    try {
      await this.#loadMe();
    } catch (error) {
      this.#failToRestore(error);
    }
  }

  /** Asks again who the user is and what roles they have. */
  async reload(): Promise<void> {
    await this.#refresh();
    await this.#loadMe();
  }

  async signOut(): Promise<void> {
    const refreshToken = this.#refreshToken;
    this.#end('signed_out');
    // Whoever signs out is out, whether or not the service can be reached. The session ends by itself then.
    if (refreshToken !== undefined) await revokeToken(refreshToken).catch(() => undefined);
  }

  /**
   * Takes the tokens of a new login of the same user, which changes need if the last login is too long ago. The old session
   * ends.
   *
   * @returns false if another user has approved the code; nothing changes then
   */
  async confirm(tokens: Tokens): Promise<boolean> {
    const me = await this.#fetchMe(tokens.access_token);
    if (this.#state.name !== 'signed-in' || me.id !== this.#state.me.id) {
      await revokeToken(tokens.refresh_token).catch(() => undefined);
      return false;
    }
    const former = this.#refreshToken;
    this.#keep(tokens);
    this.#set({ name: 'signed-in', me, isConfirming: false });
    this.#settleConfirmation(true);
    if (former !== undefined) await revokeToken(former).catch(() => undefined);
    return true;
  }

  /** The change that needs a new login is given up. */
  cancelConfirmation(): void {
    if (this.#state.name === 'signed-in') this.#set({ ...this.#state, isConfirming: false });
    this.#settleConfirmation(false);
  }

  /**
   * Sends a request with the access token. An expired token is renewed, and a change that needs a fresh login waits until the
   * user has scanned again; then the request is repeated. A user who is no admin any more learns so.
   *
   * @throws {ProblemError} `network`, or if the token cannot be renewed
   */
  readonly fetch = async (request: Request): Promise<Response> => {
    if (Date.now() >= this.#renewAt) await this.#refresh();
    let response = await this.#send(request);
    let code = await codeOf(response);
    if (code === 'token_expired' || code === 'token_invalid') {
      await this.#refresh();
      response = await this.#send(request);
      code = await codeOf(response);
    }
    if (code === 'fresh_login_required' && (await this.#askForConfirmation())) {
      response = await this.#send(request);
      code = await codeOf(response);
    }
    if (code === 'session_revoked') this.#end(await reasonOf(response));
    if (code === 'forbidden') await this.#loadMe().catch(() => undefined);
    return response;
  };

  #send(request: Request, accessToken = this.#accessToken): Promise<Response> {
    const sent = request.clone();
    sent.headers.set('authorization', `Bearer ${accessToken}`);
    return fetchOrFail(sent);
  }

  /** One at a time: all requests that wait get the same new token. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#exchangeRefreshToken().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #exchangeRefreshToken(): Promise<void> {
    const refreshToken = this.#refreshToken;
    if (refreshToken === undefined) throw new ProblemError('signed_out', 401, 'Nobody is signed in.');
    try {
      const tokens = await refreshTokens(refreshToken);
      // Meanwhile, the user may have signed out, or another login may have taken the place of this one.
      if (this.#refreshToken === refreshToken) this.#keep(tokens);
    } catch (error) {
      if (this.#refreshToken === refreshToken && isRefusal(error)) this.#end('session_expired');
      throw error;
    }
  }

  async #loadMe(): Promise<void> {
    const me = await this.#fetchMe(this.#accessToken!);
    this.#set({ name: 'signed-in', me, isConfirming: false });
  }

  async #fetchMe(accessToken: string): Promise<Me> {
    const response = await this.#send(new Request(urlOf('me')), accessToken);
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as Me;
  }

  #failToRestore(error: unknown): void {
    if (this.#state.name === 'signed-out') return;
    if (!(error instanceof ProblemError) || isRefusal(error)) this.#end('session_expired');
    else this.#set({ name: 'unreachable', problem: error });
  }

  #askForConfirmation(): Promise<boolean> {
    if (this.#state.name !== 'signed-in') return Promise.resolve(false);
    this.#confirmation ??= createConfirmation();
    this.#set({ ...this.#state, isConfirming: true });
    return this.#confirmation.promise;
  }

  #settleConfirmation(isConfirmed: boolean): void {
    this.#confirmation?.resolve(isConfirmed);
    this.#confirmation = undefined;
  }

  #keep({ access_token, refresh_token, expires_in }: Tokens): void {
    this.#accessToken = access_token;
    this.#refreshToken = refresh_token;
    this.#renewAt = Date.now() + Math.max(expires_in - renewalMargin, expires_in / 2) * 1_000;
  }

  #end(reason: SignOutReason): void {
    this.#accessToken = this.#refreshToken = undefined;
    this.#renewAt = 0;
    this.#settleConfirmation(false);
    this.#set({ name: 'signed-out', reason });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function createConfirmation(): Confirmation {
  let resolve!: Confirmation['resolve'];
  const promise = new Promise<boolean>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** The session of this tab. */
export const session = new Session();

/** Whether the service has said that a session is over, and not only that it is busy. */
function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

async function codeOf(response: Response): Promise<string | undefined> {
  return [401, 403].includes(response.status) ? (await readProblem(response)).code : undefined;
}

/** The refresh token that the page had when it was left. */
function takeStoredToken(): string | undefined {
  const token = sessionStorage.getItem(storageKey) ?? undefined;
  sessionStorage.removeItem(storageKey);
  return token;
}

async function reasonOf(response: Response): Promise<SignOutReason> {
  const body = (await response.clone().json()) as { reason?: SignOutReason };
  return body.reason ?? 'session_expired';
}
