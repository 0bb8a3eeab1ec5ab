import { type AuthError, signedOut } from './auth-error.js';
import { pause } from './callbacks.js';
import type { Clock } from './clock.js';
import type { Listeners } from './listeners.js';
import type { LoginCodes } from './login-codes.js';
import type { Service, TokenAnswer } from './service.js';
import type { Store, Tokens } from './store.js';
import type { Login, LoginOptions, User } from './types.js';
import { isLapse, reasonToStayOut, waitAfter } from './verdict.js';

/** An access token is renewed this long before it expires; a short-lived one in its last quarter. Milliseconds. */
const margin = 60_000;

/** Milliseconds that a logout waits for the service, and for the storage. */
const courtesy = 3000;

/** A login with nothing to say. */
const silent = '{}';

/** One login or renewal, for all who wait for it. */
interface Turn {
  /** What a login has to say; empty for a renewal. */
  kind: string;
  done: Promise<Login>;
}

/** Who is signed in on this phone, with which tokens; or why nobody is. */
export class Session {
  user: User | null = null;
  /** How many logins there were: a request that was sent before the last one need not ask for another. */
  logins = 0;
  private tokens: Tokens | undefined;
  /** Why it stays out. */
  private out: string | undefined;
  /** Moves on with every logout: what was under way then counts no more. */
  private era = 0;
  private turn: Turn | undefined;
  /** What the service has refused a turn with that wants to be left alone for a while, until that is over. */
  private rest: AuthError | undefined;
  private isLoaded = false;
  private readonly loaded: Promise<Tokens | undefined>;

  constructor(
    private readonly service: Service,
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly codes: LoginCodes,
    private readonly listeners: Listeners,
  ) {
    this.loaded = this.load();
  }

  /**
   * The access token to send: renewed first where it is about to expire, and by a silent login where there is none.
   *
   * @throws {AuthError}
   */
  async token(): Promise<string> {
    await this.loaded;
    const held = this.tokens;
    if (held && !this.turn && this.isFresh(held)) return held.accessToken;
    try {
      return await this.renew(held && held.accessToken);
    } catch (error) {
      // Ahead of time there is no hurry: what was not refused goes on.
      if (held && held === this.tokens && this.clock.now() < held.expiresAt) return held.accessToken;
      throw error;
    }
  }

  holds(accessToken: string | undefined): boolean {
    return this.tokens !== undefined && this.tokens.accessToken === accessToken;
  }

  /** Why it stays out, if it does. */
  async outReason(): Promise<string | undefined> {
    await this.loaded;
    return this.turn ? undefined : this.out;
  }

  /**
   * Another access token than this one, by the one renewal or login that all share.
   *
   * @throws {AuthError}
   */
  async renew(accessToken?: string): Promise<string> {
    while (this.turn) {
      const { kind, done } = this.turn;
      await done.catch((error: unknown) => {
        // Where a login that the page wanted has failed, whoever was signed in before still is.
        if (!this.tokens || !kind) throw error;
      });
    }
    if (!this.tokens || this.holds(accessToken)) {
      this.checkSilence();
      await this.take(this.tokens ? '' : silent, (era) => this.renewal(era));
    }
    if (!this.tokens) throw signedOut(this.out || 'signed_out');
    return this.tokens.accessToken;
  }

  /**
   * Takes note that the service has refused an access token. An older one's fate says nothing of the present one.
   *
   * @throws {AuthError} the same, where nobody is signed in any more
   */
  refused(accessToken: string, error: AuthError): void {
    if (this.turn || error.code !== 'session_revoked') return;
    if (this.holds(accessToken)) {
      const reason = reasonToStayOut(error);
      if (reason === undefined) this.tokens = undefined;
      else void this.leave(reason);
    }
    if (this.out !== undefined) throw Object.assign(error, { reason: this.out });
  }

  /** A fresh login, on the page's wish. */
  async login(options: LoginOptions): Promise<Login> {
    const { era } = this;
    await this.loaded;
    this.checkEra(era);
    const kind = JSON.stringify(options);
    if (this.turn && this.turn.kind === kind) return this.turn.done;
    return this.take(kind, () => this.logIn(options, era));
  }

  /** A fresh login because the service asks for one, unless there was one since. */
  async loginSince(logins: number): Promise<void> {
    if (this.logins !== logins) return;
    if (!this.turn) this.checkSilence();
    await this.login({});
  }

  /** Never rejects. */
  async logout(): Promise<void> {
    const held = this.isLoaded ? this.tokens : this.loaded;
    this.era += 1;
    this.turn = undefined;
    const kept = this.leave('signed_out');
    const told = this.tell(held).catch(() => undefined);
    await Promise.race([Promise.all([told, kept]), pause(courtesy)]);
  }

  /** What an answer says of the person. Another's, and what comes after a logout, is dropped. */
  learn(user: User): void {
    if (!this.user || this.user.id !== user.id) return;
    this.user = userOf(user);
    void this.keep();
  }

  private async load(): Promise<Tokens | undefined> {
    const kept = await this.store.read();
    this.isLoaded = true;
    // A logout does not wait for this.
    if (kept && this.era === 0) {
      ({ tokens: this.tokens, user: this.user, out: this.out } = kept);
      this.clock.skew = kept.skew;
    }
    return kept && kept.tokens;
  }

  private isFresh({ issuedAt, expiresAt }: Tokens): boolean {
    const now = this.clock.now();
    const early = Math.min(margin, (expiresAt - issuedAt) / 4);
    // Before its own making: somebody has set the phone's clock.
    return now < expiresAt - early && now > issuedAt - margin;
  }

  /** After what is under way, as the one thing that others can wait for. */
  private take(kind: string, work: (era: number) => Promise<Login>): Promise<Login> {
    const { era } = this;
    const done = Promise.resolve(this.turn && this.turn.done)
      .catch(() => undefined)
      .then(() => {
        this.checkEra(era);
        return work(era);
      })
      .catch((error: AuthError) => {
        const reason = reasonToStayOut(error);
        if (reason === undefined) throw error;
        void this.leave(reason);
        throw Object.assign(error, { reason });
      });
    const turn: Turn = { kind, done };
    const end = () => {
      if (this.turn === turn) this.turn = undefined;
    };
    done.then(end, (error: AuthError) => {
      end();
      if (era !== this.era) return;
      this.leaveAlone(error);
      this.listeners.emit('error', error);
    });
    this.turn = turn;
    return done;
  }

  private async renewal(era: number): Promise<Login> {
    const { tokens } = this;
    if (tokens) {
      try {
        return this.accept(await this.patiently(era, () => this.service.refresh(tokens.refreshToken)), era);
      } catch (error) {
        if (!isLapse(error as AuthError)) throw error;
        this.tokens = undefined;
      }
    }
    return this.logIn({}, era);
  }

  private async logIn(options: LoginOptions, era: number): Promise<Login> {
    const fresh = await this.patiently(era, async () => {
      const code = await this.codes.next();
      this.checkEra(era);
      return this.service.login(code, options);
    });
    const before = this.tokens;
    const login = this.accept(fresh, era);
    if (before) this.end(before);
    this.logins += 1;
    this.listeners.emit('login', login);
    return login;
  }

  /** Tries again where the service asks for patience, or for another code. */
  private async patiently(era: number, attempt: () => Promise<TokenAnswer>): Promise<TokenAnswer> {
    for (let retry = 0; ; retry += 1) {
      try {
        return await attempt();
      } catch (error) {
        this.checkEra(era);
        const seconds = waitAfter(error as AuthError, retry);
        if (seconds === undefined) throw error;
        // Not all phones in the same instant.
        await pause(seconds * (1 + Math.random() / 2) * 1000);
        this.checkEra(era);
      }
    }
  }

  /** Counted by a timer: nobody can set it back, as they can a clock. */
  private leaveAlone(error: AuthError): void {
    if (!error.retryAfter) return;
    this.rest = error;
    setTimeout(() => {
      if (this.rest === error) this.rest = undefined;
    }, error.retryAfter * 1000);
  }

  /** @throws {AuthError} where nothing is to be asked of the service unless the page asks for a login */
  private checkSilence(): void {
    if (this.out !== undefined) throw signedOut(this.out);
    if (this.rest) throw this.rest;
  }

  private checkEra(era: number): void {
    if (era !== this.era) throw signedOut('signed_out');
  }

  /** A session that nobody here goes on with: the person sees one for each phone. */
  private end({ accessToken }: { accessToken: string }): void {
    void this.service.logout(accessToken).catch(() => undefined);
  }

  /** @throws {AuthError} where there was a logout since this was asked for: nobody wants the session any more */
  private accept(fresh: TokenAnswer, era: number): Login {
    if (era !== this.era) this.end(fresh);
    this.checkEra(era);
    const issuedAt = this.clock.now();
    const { accessToken, refreshToken, expiresIn, isNewUser = false, warnings } = fresh;
    this.tokens = { accessToken, refreshToken, issuedAt, expiresAt: issuedAt + expiresIn * 1000 };
    this.user = userOf(fresh.user);
    this.out = this.rest = undefined;
    void this.keep();
    return { user: this.user, isNewUser, warnings };
  }

  private leave(reason: string): Promise<unknown> {
    const isNews = this.out === undefined;
    this.tokens = this.rest = undefined;
    this.user = null;
    this.out = reason;
    const kept = this.keep();
    if (isNews) this.listeners.emit('logout', { reason });
    return kept;
  }

  /** Ends the session at the service, whose access token may have expired meanwhile. */
  private async tell(held: Tokens | undefined | Promise<Tokens | undefined>): Promise<void> {
    const tokens = await held;
    if (!tokens) return;
    const { accessToken } = this.isFresh(tokens) ? tokens : await this.service.refresh(tokens.refreshToken);
    await this.service.logout(accessToken);
  }

  private keep(): Promise<unknown> {
    return this.store.write({
      tokens: this.tokens,
      user: this.user,
      out: this.out,
      skew: this.clock.skew,
    });
  }
}

function userOf({ id, nickname, avatarUrl, phone, roles, createdAt }: User): User {
  return { id, nickname, avatarUrl, phone, roles, createdAt };
}
