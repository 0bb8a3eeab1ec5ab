import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVerifier } from '../src/index.js';
import { TestIssuer } from '../src/testing.js';
import { addressOf, CountedIssuer } from './counted-issuer.js';
import { expectProblem, refusalOf } from './refusal.js';

/** The time stands still, unless a test moves it. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let warnings: { mock: { calls: unknown[][] } };
const wait = (seconds: number) => void vi.advanceTimersByTime(seconds * 1_000);

function start(issuer = new CountedIssuer()) {
  const verifier = createVerifier({ issuer: issuer.url, fetch: issuer.fetch });
  /** A token that was not seen before. */
  const verifyNew = async () => verifier.verify(await issuer.current.createToken());
  return { issuer, verifier, verifyNew };
}

describe('the keys', () => {
  it('are found through the metadata, with the first token', async () => {
    const { issuer, verifyNew } = start();
    expect(issuer.asked).toEqual([]);
    await verifyNew();
    expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server', '/.well-known/jwks.json']);
  });

  it('are fetched once, however many requests come first', async () => {
    const { issuer, verifyNew } = start();
    await Promise.all(Array.from({ length: 50 }, verifyNew));
    expect(issuer.keyFetches).toBe(1);
  });

  it('are found where the issuer has a path, which RFC 8414 puts at the end', async () => {
    const issuer = new TestIssuer('https://example.test/login');
    const asked: string[] = [];
    const verifier = createVerifier({
      issuer: issuer.url,
      fetch: async (input) => {
        asked.push(addressOf(input));
        const { pathname } = new URL(addressOf(input));
        return issuer.answer(pathname.replace('/login', ''), '');
      },
    });
    await verifier.verify(await issuer.createToken());
    expect(asked).toEqual([
      'https://example.test/.well-known/oauth-authorization-server/login',
      'https://example.test/login/.well-known/jwks.json',
    ]);
  });

  it('are fetched from serviceUrl, if the service is reached there', async () => {
    const issuer = new CountedIssuer();
    const asked: string[] = [];
    const verifier = createVerifier({
      issuer: issuer.url,
      serviceUrl: 'http://login:3000',
      fetch: (input, init) => {
        asked.push(addressOf(input));
        return issuer.fetch(addressOf(input).replace('http://login:3000', issuer.url), init);
      },
    });
    await verifier.verify(await issuer.current.createToken());
    expect(asked).toEqual([
      'http://login:3000/.well-known/oauth-authorization-server',
      'http://login:3000/.well-known/jwks.json',
    ]);
  });

  it('are not taken from the metadata of another issuer', async () => {
    const other = new TestIssuer('https://other.test');
    const verifier = createVerifier({
      issuer: 'https://login.test',
      fetch: (input, init) => other.fetch(addressOf(input).replace('https://login.test', other.url), init),
    });
    const error = await refusalOf(verifier.verify(await other.createToken()));
    expect(error).toMatchObject({ code: 'issuer_unavailable', status: 503 });
    expect(String(warnings.mock.calls[0]?.[0])).toMatch(
      /is the metadata of "https:\/\/other.test", not of "https:\/\/login.test": set issuer to the JWT_ISSUER/,
    );
  });

  it('are kept for as long as Cache-Control says, and renewed halfway without a wait', async () => {
    const { issuer, verifyNew } = start();
    issuer.cacheControl = 'public, max-age=100';
    await verifyNew();
    wait(49);
    await verifyNew();
    expect(issuer.keyFetches).toBe(1);
    wait(2);
    await verifyNew();
    await expect.poll(() => issuer.keyFetches).toBe(2);
  });

  it('are kept for 300 seconds, if nothing says how long', async () => {
    const { issuer, verifyNew } = start();
    await verifyNew();
    wait(149);
    await verifyNew();
    expect(issuer.keyFetches).toBe(1);
    wait(151);
    await verifyNew();
    expect(issuer.keyFetches).toBe(2);
  });
});

describe('a rotation', () => {
  it('is noticed with the first token of the new key', async () => {
    const { issuer, verifyNew } = start();
    await verifyNew();
    wait(6);
    issuer.rotate();
    await Promise.all(Array.from({ length: 50 }, verifyNew));
    expect(issuer.keyFetches).toBe(2);
  });

  it('is followed by no storm of fetches, whatever key ids strangers invent', async () => {
    const { issuer, verifier, verifyNew } = start();
    await verifyNew();
    wait(6);
    const forged = await Promise.all(
      Array.from({ length: 50 }, () => new TestIssuer(issuer.url).createToken()),
    );
    for (const token of forged) await expectProblem(verifier.verify(token), 'token_invalid');
    expect(issuer.keyFetches).toBe(2);
    await verifyNew();
  });

  it('ends tokens of the old key that were verified before, once its keys are fetched again', async () => {
    const { issuer, verifier, verifyNew } = start();
    issuer.cacheControl = 'max-age=300';
    const old = await issuer.current.createToken();
    await verifier.verify(old);
    issuer.rotate();
    wait(6);
    await verifyNew();
    await expectProblem(verifier.verify(old), 'token_invalid');
  });

  it('ends them after max-age at the latest, even if nobody uses the new key', async () => {
    const { issuer, verifier } = start();
    issuer.cacheControl = 'max-age=300';
    const old = await issuer.current.createToken();
    await verifier.verify(old);
    issuer.rotate();
    wait(300);
    await expectProblem(verifier.verify(old), 'token_invalid');
  });
});

describe('an issuer that cannot be reached', () => {
  it('is a 503 that says when to come again, and a warning that says why', async () => {
    const { issuer, verifyNew } = start();
    issuer.reachable = false;
    expect(await refusalOf(verifyNew())).toMatchObject({
      code: 'issuer_unavailable',
      status: 503,
      headers: { 'Retry-After': '1' },
      body: { code: 'issuer_unavailable', status: 503 },
    });
    expect(warnings.mock.calls).toEqual([
      [
        'Access tokens cannot be checked with https://login.test: connect ECONNREFUSED.',
        'WeappAuthGuardWarning',
      ],
    ]);
  });

  it('is asked at most once a second, and warned of once a minute', async () => {
    const { issuer, verifyNew } = start();
    issuer.reachable = false;
    for (let request = 0; request < 20; request++) await expectProblem(verifyNew(), 'issuer_unavailable');
    expect(issuer.asked).toHaveLength(1);
    wait(1);
    await expectProblem(verifyNew(), 'issuer_unavailable');
    expect(issuer.asked).toHaveLength(2);
    expect(warnings.mock.calls).toHaveLength(1);
    wait(60);
    await expectProblem(verifyNew(), 'issuer_unavailable');
    expect(warnings.mock.calls).toHaveLength(2);
  });

  it('is used again as soon as it is back', async () => {
    const { issuer, verifyNew } = start();
    issuer.reachable = false;
    await expectProblem(verifyNew(), 'issuer_unavailable');
    issuer.reachable = true;
    wait(1);
    await expect(verifyNew()).resolves.toBeDefined();
  });

  it('is not missed for half of max-age, and then nobody is let in', async () => {
    const { issuer, verifyNew } = start();
    issuer.cacheControl = 'max-age=100';
    await verifyNew();
    wait(50);
    issuer.reachable = false;
    for (let second = 50; second < 100; second++) {
      await verifyNew();
      wait(1);
    }
    await expectProblem(verifyNew(), 'issuer_unavailable');
  });

  it.each([
    ['an error', () => new Response('no', { status: 500 })],
    ['a redirect', () => Response.redirect('https://evil.test/', 302)],
    ['HTML', () => new Response('<html>')],
    ['no object', () => Response.json(null)],
    ['no jwks_uri', () => Response.json({ issuer: 'https://login.test' })],
    [
      'no keys',
      () => Response.json({ issuer: 'https://login.test', jwks_uri: 'https://login.test/x', keys: 7 }),
    ],
  ])('is also one that answers %s', async (_, answer) => {
    const verifier = createVerifier({ issuer: 'https://login.test', fetch: async () => answer() });
    const token = await new TestIssuer().createToken();
    await expectProblem(verifier.verify(token), 'issuer_unavailable');
  });
});
