import type { Clock } from './clock.js';
import type { Listeners } from './listeners.js';
import type { Store, Tokens } from './store.js';
import type { User } from './types.js';

/**
 * Who is signed in on this phone. The session is always in one of these states:
 *
 * | state        | meaning                                          | a request that needs an access token              |
 * | ------------ | ------------------------------------------------ | ------------------------------------------------- |
 * | `loading`    | the storage has not been read yet                | waits                                             |
 * | `needsLogin` | nobody is signed in, and nobody has signed out   | logs in in the background                         |
 * | `signedIn`   | there are tokens                                 | is sent, after a refresh if the token expires soon |
 * | `signedOut`  | nobody is signed in until the page calls login() | fails with `signed_out`                           |
 *
 * A login or a refresh that is in flight is not a state: until it succeeds, the session stays in its state.
 * `Session.inFlight` holds it.
 */
type State =
  | { name: 'loading' }
  /** `user` is the last known user, if there was one. */
  | { name: 'needsLogin'; user: User | null }
  | { name: 'signedIn'; user: User; tokens: Tokens }
  | { name: 'signedOut'; reason: string };

/**
 * The state of the session. Each method is a transition:
 *
 *     loading     → needsLogin, signedIn, signedOut   load(): what the last launch stored
 *     needsLogin  → signedIn                          signIn(): a login
 *     signedIn    → signedIn                          signIn(): a refresh, or another login
 *     signedOut   → signedIn                          signIn(): a login that the page asked for
 *     signedIn    → needsLogin                        expire(): the service accepts the tokens no more
 *     any         → signedOut                         signOut(): logout(), or the service says so
 */
export class SessionState {
  private state: State = { name: 'loading' };
  private readonly loading: Promise<Tokens | undefined>;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly listeners: Listeners,
  ) {
    this.loading = this.load();
  }

  get user(): User | null {
    return 'user' in this.state ? this.state.user : null;
  }

  get tokens(): Tokens | undefined {
    return this.state.name === 'signedIn' ? this.state.tokens : undefined;
  }

  /** Set if the session stays signed out. */
  get signedOutReason(): string | undefined {
    return this.state.name === 'signedOut' ? this.state.reason : undefined;
  }

  /** Resolves when the storage has been read. */
  async loaded(): Promise<void> {
    await this.loading;
  }

  /** The tokens; while the session is loading, those that the last launch stored. */
  async storedTokens(): Promise<Tokens | undefined> {
    return this.state.name === 'loading' ? this.loading : this.tokens;
  }

  signIn(user: User, tokens: Tokens): void {
    this.state = { name: 'signedIn', user: copyUser(user), tokens };
    void this.save();
  }

  /** Not saved: if the launch ends before the next login, the next launch learns the same. */
  expire(): void {
    this.state = { name: 'needsLogin', user: this.user };
  }

  /** @returns a promise that resolves when this is stored */
  signOut(reason: string): Promise<unknown> {
    const wasSignedOut = this.state.name === 'signedOut';
    this.state = { name: 'signedOut', reason };
    const saved = this.save();
    if (!wasSignedOut) this.listeners.emit('logout', { reason });
    return saved;
  }

  /** Takes newer data of the user. Data of another user, or data that arrives after a sign-out, is dropped. */
  updateUser(user: User): void {
    if (!('user' in this.state) || !this.state.user || this.state.user.id !== user.id) return;
    this.state.user = copyUser(user);
    void this.save();
  }

  private async load(): Promise<Tokens | undefined> {
    const stored = await this.store.read();
    const { tokens, user = null, out, skew = 0 } = stored || {};
    // A sign-out does not wait until the storage has been read.
    if (this.state.name === 'loading') {
      if (out !== undefined) this.state = { name: 'signedOut', reason: out };
      else if (tokens && user) this.state = { name: 'signedIn', user, tokens };
      else this.state = { name: 'needsLogin', user };
      if (stored) this.clock.skew = skew;
    }
    return tokens;
  }

  private save(): Promise<unknown> {
    const { tokens, user, signedOutReason } = this;
    return this.store.write({ tokens, user, out: signedOutReason, skew: this.clock.skew });
  }
}

function copyUser({ id, nickname, avatarUrl, phone, roles, createdAt }: User): User {
  return { id, nickname, avatarUrl, phone, roles, createdAt };
}
