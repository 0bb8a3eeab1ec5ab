/** The part of the service's answer to a login or a refresh that is used here. */
interface Tokens {
  accessToken: string;
  refreshToken: string;
  user: { id: string };
}

/** The admin who kicks and disables: a user of the emulator with the role `admin`. */
export class PlaygroundAdmin {
  /** The access token of the last login. */
  #token: Promise<string> | undefined;
  #userId: string | undefined;

  /**
   * @param wxLogin calls `wx.login` on the admin's phone
   * @param grantAdmin gives the role, as `npm run admin:grant` does
   */
  constructor(
    private readonly serviceUrl: string,
    private readonly wxLogin: () => { appid: string; code: string },
    private readonly grantAdmin: (userId: string) => Promise<void>,
  ) {}

  /** The id of the user, once it has signed in. */
  get userId(): string | undefined {
    return this.#userId;
  }

  /** Signs in, unless it is signed in. */
  async signIn(): Promise<void> {
    await this.token();
  }

  /** @throws if the service refuses */
  async call(method: string, path: string, body?: object): Promise<void> {
    const held = this.token();
    const answer = await this.send(method, path, body, await held);
    if (answer.status !== 401) {
      expectSuccess(method, path, answer);
      return;
    }
    // The token has expired, or the login is too old for a change. A new login helps in both cases, a refresh does not.
    if (this.#token === held) this.#token = undefined;
    await this.succeed(method, path, body, await this.token());
  }

  private token(): Promise<string> {
    if (this.#token !== undefined) return this.#token;
    const token = this.logIn();
    this.#token = token;
    token.catch(() => {
      if (this.#token === token) this.#token = undefined;
    });
    return token;
  }

  private async logIn(): Promise<string> {
    const login = await this.succeed('POST', '/auth/login', this.wxLogin());
    const { user, refreshToken } = (await login.json()) as Tokens;
    this.#userId = user.id;
    await this.grantAdmin(user.id);
    // Roles are in the access token, so a new role needs a new token.
    const refreshed = await this.succeed('POST', '/auth/refresh', { refreshToken });
    return ((await refreshed.json()) as Tokens).accessToken;
  }

  private async succeed(method: string, path: string, body?: object, token?: string): Promise<Response> {
    return expectSuccess(method, path, await this.send(method, path, body, token));
  }

  private send(method: string, path: string, body?: object, token?: string): Promise<Response> {
    return fetch(`${this.serviceUrl}${path}`, {
      method,
      headers: {
        'user-agent': 'weapp-auth playground',
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}

function expectSuccess(method: string, path: string, answer: Response): Response {
  if (!answer.ok) throw new Error(`The service answered ${answer.status} to ${method} ${path}.`);
  return answer;
}
