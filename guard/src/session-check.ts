import { LRUCache } from 'lru-cache';
import { GuardError } from './guard.error.js';
import type { IssuerClient } from './issuer-client.js';

const maxCached = 10_000;

/** Asks the service whether a session goes on: keys alone do not say that it has ended. */
export class SessionCheck {
  /**
   * Tokens that the service has let in. Requests with the same token wait for the same answer. Undefined if the service is
   * asked each time.
   */
  readonly #live: LRUCache<string, true> | undefined;

  /** @param cacheSeconds for which an answer counts; 0: the service is asked each time */
  constructor(
    private readonly client: IssuerClient,
    cacheSeconds: number,
  ) {
    if (cacheSeconds === 0) return;
    this.#live = new LRUCache<string, true>({
      max: maxCached,
      ttl: cacheSeconds * 1_000,
      fetchMethod: async (token) => {
        await this.ask(token);
        return true as const;
      },
    });
  }

  /**
   * @throws {GuardError} `session_revoked`, `token_expired` or `token_invalid`, as the service says;
   *   `issuer_unavailable` if it does not answer
   */
  async check(token: string): Promise<void> {
    if (this.#live === undefined) await this.ask(token);
    else await this.#live.fetch(token);
  }

  private async ask(token: string): Promise<void> {
    const response = await this.client.verify(token);
    if (response.status === 204) return;
    const { code, reason } = (await response.json().catch(() => ({}))) as {
      code?: unknown;
      reason?: unknown;
    };
    if (code === 'session_revoked') throw GuardError.sessionRevoked(reason);
    if (code === 'token_expired') throw GuardError.tokenExpired();
    throw GuardError.tokenInvalid();
  }
}
