import type { Answer, RequestOptions } from '../src/index.js';

interface FakeSession {
  id: number;
  /** Milliseconds. */
  loggedInAt: number;
  /** The present one. */
  refreshToken: string;
  ended?: string;
}

/** The service in memory, as its contract describes it, with a clock of its own. */
export class FakeService {
  accessTokenLifetime = 900;
  readonly user = {
    id: 'alice',
    nickname: null as string | null,
    avatarUrl: null as string | null,
    phone: null as string | null,
    roles: [],
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  /** If set, logins are refused with this. */
  refusal: { status: number; code: string; [field: string]: unknown } | undefined;
  /** Number of requests with a valid token. */
  served = 0;
  readonly sessions: FakeSession[] = [];
  readonly #accessTokens = new Map<string, { session: FakeSession; expiresAt: number }>();
  readonly #codes = new Map<string, { key: string | undefined; at: number }>();
  #made = 0;

  /** @param now milliseconds */
  constructor(readonly now: () => number) {}

  /** Ends all sessions. */
  end(reason: string): void {
    for (const session of this.sessions) session.ended ??= reason;
  }

  /** What a new key or a changed role does: no access token is valid any more, but the sessions go on. */
  forgetAccessTokens(): void {
    this.#accessTokens.clear();
  }

  answer({ url, method, header = {}, data }: RequestOptions): Answer {
    const path = url.replace(/^https:\/\/[^/]+/, '');
    const body = (data ?? {}) as Record<string, string>;
    if (path === '/auth/login') return this.#login(body['code']!, header['Idempotency-Key']);
    if (path === '/auth/refresh') return this.#refresh(body['refreshToken']!);
    return this.#guarded(header['Authorization'], (session) => {
      if (path === '/auth/logout') {
        session.ended ??= 'signed_out';
        return this.say(204, '');
      }
      const isAboutAccount = path === '/me/export' || (path === '/me' && method === 'DELETE');
      if (isAboutAccount && this.now() - session.loggedInAt > 120_000) return this.freshLoginRequired();
      this.served += 1;
      if (path === '/me/avatar') this.user.avatarUrl = 'https://login.example.com/avatars/1';
      if (path === '/me/phone') this.user.phone = '+8613800138000';
      return this.say(200, path.startsWith('/me') ? { ...this.user, identities: [] } : { path });
    });
  }

  freshLoginRequired(): Answer {
    const challenge = 'Bearer error="insufficient_user_authentication", max_age=120';
    return this.problem(401, 'fresh_login_required', { maxAge: 120 }, { 'WWW-Authenticate': challenge });
  }

  problem(status: number, code: string, fields: object = {}, header: Record<string, string> = {}): Answer {
    return this.say(status, { status, code, detail: `It is ${code}.`, ...fields }, header);
  }

  say(statusCode: number, data: unknown, header: Record<string, string> = {}): Answer {
    return { statusCode, data, header: { Date: new Date(this.now()).toUTCString(), ...header } };
  }

  #login(code: string, key: string | undefined): Answer {
    const spent = this.#codes.get(code);
    if (spent && (spent.key !== key || this.now() - spent.at > 10_000)) return this.problem(401, 'code_used');
    this.#codes.set(code, spent ?? { key, at: this.now() });
    if (this.refusal) {
      const { status, code: problem, ...fields } = this.refusal;
      return this.problem(status, problem, fields);
    }
    const session: FakeSession = { id: this.sessions.length, loggedInAt: this.now(), refreshToken: '' };
    this.sessions.push(session);
    return this.say(200, { ...this.#issue(session), isNewUser: session.id === 0 });
  }

  #refresh(refreshToken: string): Answer {
    const session = this.sessions.find(({ id }) => refreshToken.startsWith(`refresh ${id} `));
    if (!session) return this.problem(401, 'refresh_token_invalid');
    if (session.ended) return this.problem(401, 'session_revoked', { reason: session.ended });
    return this.say(200, this.#issue(session));
  }

  #guarded(authorization: string | undefined, serve: (session: FakeSession) => Answer): Answer {
    const refuse = (code: string, fields?: object) =>
      this.problem(401, code, fields, { 'WWW-Authenticate': 'Bearer error="invalid_token"' });
    if (!authorization) return this.problem(401, 'token_missing', {}, { 'WWW-Authenticate': 'Bearer' });
    const token = this.#accessTokens.get(authorization.replace('Bearer ', ''));
    if (!token) return refuse('token_invalid');
    if (token.session.ended) return refuse('session_revoked', { reason: token.session.ended });
    if (this.now() >= token.expiresAt) return refuse('token_expired');
    return serve(token.session);
  }

  #issue(session: FakeSession): object {
    const accessToken = `access ${session.id} ${(this.#made += 1)}`;
    session.refreshToken = `refresh ${session.id} ${this.#made}`;
    const expiresAt = this.now() + this.accessTokenLifetime * 1000;
    this.#accessTokens.set(accessToken, { session, expiresAt });
    const expiresIn = this.accessTokenLifetime;
    return { accessToken, refreshToken: session.refreshToken, expiresIn, user: { ...this.user } };
  }
}
