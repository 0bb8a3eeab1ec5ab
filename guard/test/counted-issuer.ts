import { TestIssuer } from '../src/testing.js';

/** The address that `fetch` is called with. */
export function addressOf(input: Parameters<typeof fetch>[0]): string {
  return new Request(input).url;
}

/** An issuer in memory, with what it was asked, and a switch that takes it off the network. */
export class CountedIssuer {
  /** Paths, the oldest first. */
  readonly asked: string[] = [];
  reachable = true;
  cacheControl: string | undefined;
  current: TestIssuer;

  constructor(readonly url = 'https://login.test') {
    this.current = new TestIssuer(url);
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    this.asked.push(new URL(request.url).pathname);
    if (!this.reachable) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    const answer = await this.current.fetch(request);
    if (this.cacheControl !== undefined) answer.headers.set('cache-control', this.cacheControl);
    return answer;
  };

  /** How often the keys were fetched. */
  get keyFetches(): number {
    return this.asked.filter((path) => path.endsWith('/jwks.json')).length;
  }

  /** Signs with another key from now on, and publishes it alone. */
  rotate(): void {
    this.current = new TestIssuer(this.url);
  }
}
