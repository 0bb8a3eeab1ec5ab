/** What the service answers to a login and to a refresh, as far as it is used here. */
interface Tokens {
  accessToken: string;
  refreshToken: string;
  user: { id: string };
}

/** Who kicks and disables: a person of the emulator's whom the playground has given the role `admin`. */
export class Operator {
  #tokens: Promise<Tokens> | undefined;

  /**
   * @param wxLogin what `wx.login` gives on the operator's phone
   * @param grantAdmin as `npm run admin:grant` does it
   */
  constructor(
    private readonly serviceUrl: string,
    private readonly wxLogin: () => { appid: string; code: string },
    private readonly grantAdmin: (userId: string) => Promise<void>,
  ) {}

  /** Signs in, unless that has been done. */
  async signIn(): Promise<void> {
    this.#tokens ??= this.begin();
    try {
      await this.#tokens;
    } catch (error) {
      this.#tokens = undefined;
      throw error;
    }
  }

  /** @throws where the service does not do it */
  async call(method: string, path: string, body?: object): Promise<void> {
    await this.signIn();
    const { accessToken, refreshToken } = await this.#tokens!;
    const answer = await this.send(method, path, body, accessToken);
    if (answer.status === 401) {
      this.#tokens = this.refresh(refreshToken).catch(() => this.begin());
      await this.signIn();
      await this.succeed(method, path, body, (await this.#tokens).accessToken);
    } else {
      expectSuccess(method, path, answer);
    }
  }

  private async begin(): Promise<Tokens> {
    const login = await this.succeed('POST', '/auth/login', this.wxLogin());
    const { user, refreshToken } = (await login.json()) as Tokens;
    await this.grantAdmin(user.id);
    // Roles are in the access token: the first one knows nothing of the new one.
    return this.refresh(refreshToken);
  }

  private async refresh(refreshToken: string): Promise<Tokens> {
    const answer = await this.succeed('POST', '/auth/refresh', { refreshToken });
    return (await answer.json()) as Tokens;
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
