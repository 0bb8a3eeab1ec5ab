import { type AuthError, signedOutError } from './auth-error.js';
import type { Clock } from './clock.js';
import { isExpiredSession, retryDelaySeconds, signedOutReasonOf } from './failure-policy.js';
import type { Listeners } from './listeners.js';
import type { LoginCodes } from './login-codes.js';
import { sleep } from './promises.js';
import type { Service, TokenAnswer } from './service.js';
import type { SessionState } from './session-state.js';
import type { Tokens } from './store.js';
import type { Login, LoginOptions, User } from './types.js';

/** An access token is renewed so long before it expires; a short-lived token in the last quarter of its life. */
const renewalLeadMs = 60_000;

/** So long does a logout wait for the service and for the storage. */
const logoutTimeoutMs = 3000;

/** The options of a login that the page did not ask for. */
const backgroundLogin = '{}';

/** The login or refresh that is under way: one at a time, and all requests that need its result share it. */
interface InFlight {
  /** A second login with the same options joins the first. */
  kind: { name: 'refresh' } | { name: 'login'; options: string };
  done: Promise<Login>;
}

/** Keeps the user signed in: decides when to refresh and when to log in. `SessionState` has the states. */
export class Session {
  /** Number of logins so far. A request that was sent before the last login need not cause another one. */
  loginCount = 0;
  private inFlight: InFlight | undefined;
  /** Increases with every logout. What began in an earlier epoch is dropped. */
  private epoch = 0;
  /** The service asked to be left alone for a while, with this error. Undefined when that time is over. */
  private cooldown: AuthError | undefined;

  constructor(
    private readonly state: SessionState,
    private readonly service: Service,
    private readonly clock: Clock,
    private readonly codes: LoginCodes,
    private readonly listeners: Listeners,
  ) {}

  /**
   * The access token to send. If it is about to expire, it is renewed first. If there is none, this logs in.
   *
   * @throws {AuthError}
   */
  async token(): Promise<string> {
    await this.state.loaded();
    const { tokens } = this.state;
    if (tokens && !this.inFlight && this.isFresh(tokens)) return tokens.accessToken;
    try {
      return await this.renew(tokens && tokens.accessToken);
    } catch (error) {
      // The renewal comes ahead of time. If it fails, the present token can still be used until it expires.
      if (tokens && tokens === this.state.tokens && this.clock.now() < tokens.expiresAt) {
        return tokens.accessToken;
      }
      throw error;
    }
  }

  /** The access token to send if a user is signed in. Undefined if not, or if a needed refresh fails. */
  async tokenIfSignedIn(): Promise<string | undefined> {
    await this.state.loaded();
    return this.state.tokens || this.inFlight ? this.token().catch(() => undefined) : undefined;
  }

  /**
   * Replaces the access token, even if it has not expired.
   *
   * @throws {AuthError}
   */
  async refresh(): Promise<string> {
    await this.state.loaded();
    const { tokens } = this.state;
    return this.renew(tokens && tokens.accessToken);
  }

  /** Whether this is the present access token. */
  holds(accessToken: string | undefined): boolean {
    const { tokens } = this.state;
    return tokens !== undefined && tokens.accessToken === accessToken;
  }

  /** Set if the session is signed out, and no login is under way. */
  async signedOutReason(): Promise<string | undefined> {
    await this.state.loaded();
    return this.inFlight ? undefined : this.state.signedOutReason;
  }

  /**
   * Returns another access token than this one. All callers share one refresh or login.
   *
   * @throws {AuthError}
   */
  async renew(accessToken?: string): Promise<string> {
    while (this.inFlight) {
      const { kind, done } = this.inFlight;
      await done.catch((error: unknown) => {
        // If a login that the page asked for fails, the user who was signed in before still is.
        if (!this.state.tokens || kind.name === 'refresh') throw error;
      });
    }
    if (!this.state.tokens || this.holds(accessToken)) {
      this.checkMayAskService();
      await this.start(
        this.state.tokens ? { name: 'refresh' } : { name: 'login', options: backgroundLogin },
        (epoch) => this.refreshOrLogIn(epoch),
      );
    }
    const { tokens, signedOutReason } = this.state;
    if (!tokens) throw signedOutError(signedOutReason || 'signed_out');
    return tokens.accessToken;
  }

  /**
   * Takes note that the service has refused an access token. If it is not the present token, the session goes on.
   *
   * @throws {AuthError} the same error if the session is signed out now
   */
  handleRefusedToken(accessToken: string, error: AuthError): void {
    if (this.inFlight || error.code !== 'session_revoked') return;
    if (this.holds(accessToken)) {
      const reason = signedOutReasonOf(error);
      if (reason === undefined) this.state.expire();
      else void this.signOut(reason);
    }
    const { signedOutReason } = this.state;
    if (signedOutReason !== undefined) throw Object.assign(error, { reason: signedOutReason });
  }

  /** Logs in because the page asks for it. */
  async login(options: LoginOptions): Promise<Login> {
    const { epoch } = this;
    await this.state.loaded();
    this.checkEpoch(epoch);
    const kind = { name: 'login' as const, options: JSON.stringify(options) };
    const { inFlight } = this;
    if (inFlight && inFlight.kind.name === 'login' && inFlight.kind.options === kind.options) {
      return inFlight.done;
    }
    return this.start(kind, () => this.logIn(options, epoch));
  }

  /** Logs in because the service asks for a fresh login, unless there was a login since then. */
  async loginSince(loginCount: number): Promise<void> {
    if (this.loginCount !== loginCount) return;
    if (!this.inFlight) this.checkMayAskService();
    await this.login({});
  }

  /** Never rejects. */
  async logout(): Promise<void> {
    const tokens = this.state.storedTokens();
    this.epoch += 1;
    this.inFlight = undefined;
    const saved = this.signOut('signed_out');
    const ended = this.endAtService(tokens).catch(() => undefined);
    await Promise.race([Promise.all([ended, saved]), sleep(logoutTimeoutMs)]);
  }

  get user(): User | null {
    return this.state.user;
  }

  updateUser(user: User): void {
    this.state.updateUser(user);
  }

  private isFresh({ issuedAt, expiresAt }: Tokens): boolean {
    const now = this.clock.now();
    const lead = Math.min(renewalLeadMs, (expiresAt - issuedAt) / 4);
    // If it is earlier than when the token was issued, somebody has set the phone's clock.
    return now < expiresAt - lead && now > issuedAt - renewalLeadMs;
  }

  /** Starts a refresh or a login. If one is under way, the new one begins after it. */
  private start(kind: InFlight['kind'], work: (epoch: number) => Promise<Login>): Promise<Login> {
    const { epoch } = this;
    const done = Promise.resolve(this.inFlight && this.inFlight.done)
      .catch(() => undefined)
      .then(() => {
        this.checkEpoch(epoch);
        return work(epoch);
      })
      .catch((error: AuthError) => {
        const reason = signedOutReasonOf(error);
        if (reason === undefined) throw error;
        void this.signOut(reason);
        throw Object.assign(error, { reason });
      });
    const inFlight: InFlight = { kind, done };
    const end = () => {
      if (this.inFlight === inFlight) this.inFlight = undefined;
    };
    done.then(end, (error: AuthError) => {
      end();
      if (epoch !== this.epoch) return;
      this.startCooldown(error);
      this.listeners.emit('error', error);
    });
    this.inFlight = inFlight;
    return done;
  }

  private async refreshOrLogIn(epoch: number): Promise<Login> {
    const { tokens } = this.state;
    if (tokens) {
      try {
        const answer = await this.retry(epoch, () => this.service.refresh(tokens.refreshToken));
        return this.accept(answer, epoch);
      } catch (error) {
        if (!isExpiredSession(error as AuthError)) throw error;
        this.state.expire();
      }
    }
    return this.logIn({}, epoch);
  }

  private async logIn(options: LoginOptions, epoch: number): Promise<Login> {
    const answer = await this.retry(epoch, async () => {
      const code = await this.codes.next();
      this.checkEpoch(epoch);
      return this.service.login(code, options);
    });
    const previous = this.state.tokens;
    const login = this.accept(answer, epoch);
    if (previous) this.endUnused(previous);
    this.loginCount += 1;
    this.listeners.emit('login', login);
    return login;
  }

  /** Tries again if the service asks to wait, or needs another code. */
  private async retry(epoch: number, attempt: () => Promise<TokenAnswer>): Promise<TokenAnswer> {
    for (let retries = 0; ; retries += 1) {
      try {
        return await attempt();
      } catch (error) {
        this.checkEpoch(epoch);
        const seconds = retryDelaySeconds(error as AuthError, retries);
        if (seconds === undefined) throw error;
        // A random part, so that not all phones come at the same moment.
        await sleep(seconds * (1 + Math.random() / 2) * 1000);
        this.checkEpoch(epoch);
      }
    }
  }

  /** A timer measures the time: the phone's clock can be set. */
  private startCooldown(error: AuthError): void {
    if (!error.retryAfter) return;
    this.cooldown = error;
    setTimeout(() => {
      if (this.cooldown === error) this.cooldown = undefined;
    }, error.retryAfter * 1000);
  }

  /** @throws {AuthError} if only a login that the page asks for may go to the service now */
  private checkMayAskService(): void {
    const { signedOutReason } = this.state;
    if (signedOutReason !== undefined) throw signedOutError(signedOutReason);
    if (this.cooldown) throw this.cooldown;
  }

  private checkEpoch(epoch: number): void {
    if (epoch !== this.epoch) throw signedOutError('signed_out');
  }

  /** @throws {AuthError} if there was a logout since this was asked for: then nobody uses the new session */
  private accept(answer: TokenAnswer, epoch: number): Login {
    if (epoch !== this.epoch) this.endUnused(answer);
    this.checkEpoch(epoch);
    const issuedAt = this.clock.now();
    const { user, accessToken, refreshToken, expiresIn, isNewUser = false, warnings } = answer;
    this.cooldown = undefined;
    this.state.signIn(user, { accessToken, refreshToken, issuedAt, expiresAt: issuedAt + expiresIn * 1000 });
    return { user: this.state.user!, isNewUser, warnings };
  }

  private signOut(reason: string): Promise<unknown> {
    this.cooldown = undefined;
    return this.state.signOut(reason);
  }

  /** Ends a session that nobody uses any more, so that the user sees one session for each phone. */
  private endUnused({ accessToken }: { accessToken: string }): void {
    void this.service.logout(accessToken).catch(() => undefined);
  }

  /** Ends the session at the service. Its access token may have expired. */
  private async endAtService(stored: Promise<Tokens | undefined>): Promise<void> {
    const tokens = await stored;
    if (!tokens) return;
    const { accessToken } = this.isFresh(tokens) ? tokens : await this.service.refresh(tokens.refreshToken);
    await this.service.logout(accessToken);
  }
}
