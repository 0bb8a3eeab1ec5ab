import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVerifier, type VerifierOptions } from '../src/index.js';
import { CountedIssuer } from './counted-issuer.js';
import { expectProblem, refusalOf } from './refusal.js';

beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

async function start(options: Partial<VerifierOptions>) {
  const issuer = new CountedIssuer();
  const verifier = createVerifier({ issuer: issuer.url, fetch: issuer.fetch, ...options });
  const token = await issuer.current.createToken({ sessionId: 'anna' });
  await verifier.verify(token);
  const verifications = () => issuer.asked.filter((path) => path === '/auth/verify').length;
  return { issuer, verifier, token, verifications };
}

describe('a revoked token', () => {
  it('is taken until it expires, if the service is not asked', async () => {
    const { issuer, verifier, token, verifications } = await start({});
    issuer.current.endSession('anna');
    await expect(verifier.verify(token)).resolves.toBeDefined();
    expect(verifications()).toBe(0);
  });

  it('is refused at once with the reason, if the service is asked each time', async () => {
    const { issuer, verifier, token } = await start({ checkRevocation: true, revocationCacheSeconds: 0 });
    issuer.current.endSession('anna');
    expect(await refusalOf(verifier.verify(token))).toMatchObject({
      code: 'session_revoked',
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
      body: { reason: 'signed_out' },
    });
  });

  it('is refused within the second for which a yes counts', async () => {
    const { issuer, verifier, token } = await start({ checkRevocation: true });
    issuer.current.endSession('anna');
    await expect
      .poll(() =>
        verifier.verify(token).then(
          () => 'taken',
          ({ code }: { code: string }) => code,
        ),
      )
      .toBe('session_revoked');
  });
});

describe('the service', () => {
  it('is asked once for all requests of a token within the time for which a yes counts', async () => {
    const { verifier, token, verifications } = await start({
      checkRevocation: true,
      revocationCacheSeconds: 600,
    });
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)));
    expect(verifications()).toBe(1);
  });

  it('is asked once for requests that wait at the same time, even for the first', async () => {
    const { issuer, verifier, verifications } = await start({
      checkRevocation: true,
      revocationCacheSeconds: 600,
    });
    const other = await issuer.current.createToken();
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(other)));
    expect(verifications()).toBe(2);
  });

  it('is not asked about tokens that are not valid anyway', async () => {
    const { issuer, verifier, verifications } = await start({ checkRevocation: true });
    const expired = await issuer.current.createToken({ expiresAt: new Date(Date.now() - 1_000) });
    await expectProblem(verifier.verify(expired), 'token_expired');
    expect(verifications()).toBe(1);
  });

  it('lets nobody in while it does not answer', async () => {
    const { issuer, verifier, token } = await start({ checkRevocation: true, revocationCacheSeconds: 0 });
    issuer.reachable = false;
    expect(await refusalOf(verifier.verify(token))).toMatchObject({
      code: 'issuer_unavailable',
      status: 503,
    });
    issuer.reachable = true;
    await expect(verifier.verify(token)).resolves.toBeDefined();
  });

  it.each([
    ['503', () => new Response(null, { status: 503 }), 'issuer_unavailable'],
    ['200, which is no yes of /auth/verify', () => new Response('<html>'), 'issuer_unavailable'],
    ['a redirect', () => Response.redirect('https://evil.test/', 302), 'issuer_unavailable'],
    ['403', () => Response.json({ code: 'forbidden' }, { status: 403 }), 'issuer_unavailable'],
    [
      'that the roles have changed',
      () => Response.json({ code: 'token_expired' }, { status: 401 }),
      'token_expired',
    ],
    ['401 without a word', () => new Response('no', { status: 401 }), 'token_invalid'],
  ] as const)('answers %s', async (_, answer, code) => {
    const { issuer, verifier, token } = await start({ checkRevocation: true, revocationCacheSeconds: 0 });
    vi.spyOn(issuer.current, 'answer').mockImplementation(async () => answer());
    await expectProblem(verifier.verify(token), code);
  });
});
