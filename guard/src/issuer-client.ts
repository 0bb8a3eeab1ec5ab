import { GuardError } from './guard.error.js';

/** Milliseconds for one question: to the metadata and the keys, or to `/auth/verify`. */
export const requestTimeoutMs = 3_000;

/** The same warning is not repeated for so long. */
const warningIntervalMs = 60_000;

/** Speaks to the service that issues the tokens. */
export class IssuerClient {
  #warnedAt = -Infinity;

  /**
   * @param issuer exactly the `JWT_ISSUER` of the service
   * @param serviceUrl where the service is reached from here
   */
  constructor(
    private readonly issuer: string,
    private readonly serviceUrl: string,
    private readonly fetchFrom: typeof fetch,
  ) {}

  /**
   * The public keys (RFC 7517, section 5), found through the metadata (RFC 8414).
   *
   * @throws {GuardError} `issuer_unavailable`
   */
  keySet(signal: AbortSignal): Promise<Response> {
    return this.explained(async () => {
      const metadataUrl = metadataUrlOf(this.serviceUrl);
      const metadata = await readJson(await this.get(metadataUrl, signal), metadataUrl);
      const { issuer, jwks_uri: keySetUrl } = metadata;
      // RFC 8414, section 3.3: another issuer's keys would let in another issuer's users.
      if (issuer !== this.issuer) {
        throw new Error(
          `${metadataUrl} is the metadata of ${JSON.stringify(issuer)}, not of "${this.issuer}": set issuer to the JWT_ISSUER of the service`,
        );
      }
      if (typeof keySetUrl !== 'string') throw new Error(`${metadataUrl} has no jwks_uri`);
      return this.get(this.reachable(keySetUrl), signal);
    });
  }

  /**
   * What the service says of a token.
   *
   * @throws {GuardError} `issuer_unavailable`, if it says neither yes nor no
   */
  verify(token: string): Promise<Response> {
    return this.explained(async () => {
      const url = `${withoutSlash(this.serviceUrl)}/auth/verify`;
      const response = await this.get(url, AbortSignal.timeout(requestTimeoutMs), {
        authorization: `Bearer ${token}`,
      });
      if (response.status === 204 || response.status === 401) return response;
      throw new Error(`${url} answered ${response.status}`);
    });
  }

  private get(url: string, signal: AbortSignal, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetchFrom(url, {
      signal,
      // A token follows no redirect, and neither does trust in the keys.
      redirect: 'manual',
      headers: { accept: 'application/json', ...headers },
    });
  }

  /** The metadata names the address for everybody; from here the service may have another one. */
  private reachable(url: string): string {
    const own = withoutSlash(this.issuer);
    return url.startsWith(`${own}/`) ? withoutSlash(this.serviceUrl) + url.slice(own.length) : url;
  }

  private async explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      this.warn(cause);
      throw GuardError.issuerUnavailable(cause);
    }
  }

  private warn(cause: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < warningIntervalMs) return;
    this.#warnedAt = now;
    process.emitWarning(
      `Access tokens cannot be checked with ${this.serviceUrl}: ${reasonOf(cause)}.`,
      'WeappAuthGuardWarning',
    );
  }
}

/** RFC 8414, section 3.1: between the host and the path. */
function metadataUrlOf(serviceUrl: string): string {
  const { origin, pathname } = new URL(serviceUrl);
  return `${origin}/.well-known/oauth-authorization-server${withoutSlash(pathname)}`;
}

async function readJson(response: Response, url: string): Promise<Record<string, unknown>> {
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null) throw new Error(`${url} is no JSON object`);
  return body as Record<string, unknown>;
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/** Of `fetch failed` only the cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
