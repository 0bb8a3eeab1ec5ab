import { createRemoteJWKSet, type CryptoKey, customFetch, errors } from 'jose';
import { GuardError } from './guard.error.js';
import { type IssuerClient, requestTimeoutMs } from './issuer-client.js';

/** Seconds that keys are kept if the answer does not say it: the default of `JWKS_MAX_AGE`. */
const defaultMaxAge = 300;

/** After the keys were fetched, an unknown key id leads to no other fetch for so long: anybody can invent one. */
const cooldownMs = 5_000;

/** After a fetch failed, none is tried for so long. */
const retryIntervalMs = 1_000;

/** The public keys of the issuer, for as long as its `Cache-Control` allows. */
export class IssuerKeys {
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  /** Times of `performance.now()`, which no change of the clock moves. */
  #renewAt = 0;
  #expireAt = 0;
  #retryAt = 0;
  #failure: unknown;

  constructor(private readonly client: IssuerClient) {
    // The address is not used: the client finds the keys through the metadata, each time anew.
    this.#keys = createRemoteJWKSet(new URL('urn:weapp-auth:keys'), {
      timeoutDuration: requestTimeoutMs,
      cooldownDuration: cooldownMs,
      cacheMaxAge: Infinity,
      [customFetch]: (_, { signal }) => this.fetch(signal),
    });
  }

  /**
   * The key with this id; undefined if the issuer has none.
   *
   * @throws {GuardError} `issuer_unavailable`
   */
  async find(kid: string): Promise<CryptoKey | undefined> {
    try {
      const now = performance.now();
      if (now >= this.#expireAt) await this.#keys.reload();
      // Halfway, and without waiting for it: an outage that is shorter than the rest is not noticed.
      else if (now >= this.#renewAt && !this.#keys.reloading) void this.#keys.reload().catch(() => undefined);
      return await this.#keys({ alg: 'ES256', kid });
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey) return undefined;
      throw cause instanceof GuardError ? cause : GuardError.issuerUnavailable(cause);
    }
  }

  private async fetch(signal: AbortSignal): Promise<Response> {
    const startedAt = performance.now();
    if (startedAt < this.#retryAt) throw this.#failure;
    try {
      const response = await this.client.keySet(signal);
      const maxAgeMs = maxAgeOf(response) * 1_000;
      this.#renewAt = startedAt + maxAgeMs / 2;
      this.#expireAt = startedAt + maxAgeMs;
      return response;
    } catch (failure) {
      this.#retryAt = performance.now() + retryIntervalMs;
      this.#failure = failure;
      throw failure;
    }
  }
}

/** Seconds, at least one: otherwise each token would lead to a fetch. */
function maxAgeOf(response: Response): number {
  const maxAge = /\bmax-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1];
  return maxAge === undefined ? defaultMaxAge : Math.max(1, Number(maxAge));
}
