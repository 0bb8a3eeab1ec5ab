import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Auth } from '../src/index.js';
import { FakePhone, pass, settled } from './fake-phone.js';

let phone: FakePhone;
let auth: Auth;
const logouts: string[] = [];
beforeEach(() => {
  phone = new FakePhone();
  auth = launch();
  logouts.length = 0;
});
afterEach(() => void vi.useRealTimers());

/** A launch of the mini-program. */
function launch(): Auth {
  const launched = phone.createAuth();
  launched.on('logout', ({ reason }) => logouts.push(reason));
  return launched;
}

async function expectOut(out: Auth, reason: string): Promise<void> {
  const before = phone.sent.length + phone.loginsAsked;
  await expect(settled(out.request({ url: '/notes' }))).rejects.toMatchObject({ code: 'signed_out', reason });
  await expect(settled(out.token())).resolves.toBeNull();
  expect(out.user).toBeNull();
  expect(phone.sent.length + phone.loginsAsked).toBe(before);
}

describe('logout()', () => {
  it('ends the session at the service, and the user stays signed out, also at the next launch', async () => {
    await settled(auth.token());
    await settled(auth.logout());
    expect(phone.service.sessions[0]!.ended).toBe('signed_out');
    expect(logouts).toEqual(['signed_out']);
    await expectOut(auth, 'signed_out');
    await expectOut(launch(), 'signed_out');
  });

  it('takes effect at once, and resolves in three seconds if the service does not answer', async () => {
    await settled(auth.token());
    phone.injectFaults('/auth/logout', { delay: 60_000 });
    const logout = auth.logout();
    expect(auth.user).toBeNull();
    expect(logouts).toEqual(['signed_out']);
    let isOver = false;
    void logout.then(() => (isOver = true));
    await pass(3);
    expect(isOver).toBe(true);
    expect(JSON.stringify([...phone.stored])).not.toMatch(/access|refresh/);
  });

  it('tells the page once, even if it is called again', async () => {
    await settled(auth.token());
    await settled(auth.logout());
    await settled(auth.logout());
    expect(logouts).toEqual(['signed_out']);
  });

  it('works offline', async () => {
    await settled(auth.token());
    phone.injectFaults('/auth/logout', { lost: 'request' });
    await expect(settled(auth.logout())).resolves.toBeUndefined();
    await expectOut(launch(), 'signed_out');
  });

  it('ends the session even if the access token has expired', async () => {
    await settled(auth.token());
    await pass(3600);
    await settled(auth.logout());
    expect(phone.service.sessions[0]!.ended).toBe('signed_out');
  });

  it('at the start of a launch ends the session of the previous launch', async () => {
    await settled(auth.token());
    const later = launch();
    await settled(later.logout());
    expect(phone.service.sessions[0]!.ended).toBe('signed_out');
    await expectOut(later, 'signed_out');
  });

  it('sends nothing if nobody is signed in, and the user stays signed out', async () => {
    await settled(auth.logout());
    expect(phone.sent).toEqual([]);
    await expectOut(auth, 'signed_out');
  });

  it.each([0, 50, 100, 101, 150, 199])('%i ms after the start of a login cancels it', async (time) => {
    const login = auth.login().catch((error: unknown) => error);
    const request = auth.request({ url: '/notes' }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(time);
    await settled(auth.logout());
    await pass(60);
    await expect(login).resolves.toMatchObject({ code: 'signed_out' });
    await expect(request).resolves.toMatchObject({ code: 'signed_out' });
    expect(phone.service.sessions.every(({ ended }) => ended === 'signed_out')).toBe(true);
    await expectOut(auth, 'signed_out');
    await expectOut(launch(), 'signed_out');
  });

  it.each([0, 500])(
    'cancels a login that was asked for just before, with a storage of %i ms',
    async (latency) => {
      phone.storageLatency = latency;
      const launched = launch();
      const login = launched.login().catch((error: unknown) => error);
      const request = launched.request({ url: '/notes' }).catch((error: unknown) => error);
      await settled(launched.logout());
      await pass(60);
      await expect(login).resolves.toMatchObject({ code: 'signed_out' });
      await expect(request).resolves.toMatchObject({ code: 'signed_out' });
      expect(phone.loginsAsked).toBe(0);
      await expectOut(launched, 'signed_out');
    },
  );

  it('cancels a refresh', async () => {
    await settled(auth.token());
    await pass(850);
    const token = auth.token().catch((error: unknown) => error);
    await pass(0.05);
    await settled(auth.logout());
    await expect(settled(token)).resolves.toMatchObject({ code: 'signed_out' });
    await expectOut(auth, 'signed_out');
  });

  it('cancels a login that waits for a busy service', async () => {
    phone.injectFaults('/auth/login', {
      answer: phone.service.problem(503, 'overloaded', {}, { 'Retry-After': '5' }),
    });
    const login = auth.login().catch((error: unknown) => error);
    await pass(2);
    await settled(auth.logout());
    await expect(settled(login)).resolves.toMatchObject({ code: 'signed_out' });
    expect(phone.loginsAsked).toBe(1);
  });

  it.each([
    [422, 'session_key_stale'],
    [422, 'login_again'],
    [401, 'fresh_login_required'],
  ])('is not undone by an answer that requires a login: %i %s', async (status, code) => {
    await settled(auth.token());
    phone.injectFaults('/me/open-data', { answer: phone.service.problem(status, code), delay: 2000 });
    const request = auth.request({ url: '/me/open-data' }).catch((error: unknown) => error);
    await pass(1);
    await settled(auth.logout());
    await expect(settled(request)).resolves.toMatchObject({ code: 'signed_out' });
    await expectOut(auth, 'signed_out');
  });

  it('cancels requests that wait in the queue', async () => {
    await settled(auth.token());
    const requests = Array.from({ length: 15 }, () => auth.request({ url: '/notes' }));
    const outcomes = Promise.allSettled(requests);
    await pass(0.01);
    await settled(auth.logout());
    const settledOnes = await settled(outcomes);
    expect(settledOnes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    expect(phone.to('/notes')).toHaveLength(10);
  });

  it('can be followed by a login at once, one wx.login after the other', async () => {
    const first = auth.login().catch((error: unknown) => error);
    await pass(0.05);
    void auth.logout();
    const second = auth.login();
    await expect(settled(second)).resolves.toMatchObject({ user: { id: 'alice' } });
    await expect(first).resolves.toMatchObject({ code: 'signed_out' });
    expect(phone.maxConcurrentLogins).toBe(1);
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });
});

describe.each(['signed_out', 'kicked', 'disabled', 'deleted'])('a session that ended: %s', (reason) => {
  it('signs out, tells the page why, and fails every request with the reason', async () => {
    await settled(auth.token());
    phone.service.end(reason);
    const requests = [auth.request({ url: '/a' }), auth.request({ url: '/b' })];
    const outcomes = await settled(Promise.allSettled(requests));
    const failure = {
      status: 'rejected',
      reason: { code: 'session_revoked', statusCode: 401, reason, problem: { reason } },
    };
    expect(outcomes).toMatchObject([failure, failure]);
    expect(logouts).toEqual([reason]);
    expect(phone.loginsAsked).toBe(1);
    await expectOut(auth, reason);
    await expectOut(launch(), reason);
  });

  it('signs out if a refresh learns it', async () => {
    await settled(auth.token());
    phone.service.end(reason);
    await pass(1000);
    await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({
      code: 'session_revoked',
      reason,
    });
    expect(logouts).toEqual([reason]);
    expect(phone.loginsAsked).toBe(1);
    await expectOut(launch(), reason);
  });
});

describe.each([
  ['account_disabled', 'disabled', { reason: 'spam', until: '2027-01-01T00:00:00.000Z' }],
  ['account_deleting', 'deleted', { eraseAt: '2026-11-28T00:00:00.000Z' }],
  ['user_blocked_by_wechat', 'blocked', {}],
])('a login that is refused with %s', (code, reason, fields) => {
  it('signs out, and the error has the details for the page', async () => {
    phone.service.refusal = { status: 403, code, ...fields };
    const requests = [auth.request({ url: '/a' }), auth.request({ url: '/b' })];
    const outcomes = await settled(Promise.allSettled(requests));
    const failure = { status: 'rejected', reason: { code, statusCode: 403, reason, problem: fields } };
    expect(outcomes).toMatchObject([failure, failure]);
    expect(phone.loginsAsked).toBe(1);
    expect(logouts).toEqual([reason]);
    await expectOut(auth, reason);
    await expectOut(launch(), reason);
  });
});

describe('the signed-out state', () => {
  it('ends with a login that the page asks for, also for the next launch', async () => {
    await settled(auth.logout());
    await settled(auth.login());
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
    await expect(settled(launch().token())).resolves.toBe('access 0 1');
  });

  it('goes on if that login fails', async () => {
    await settled(auth.logout());
    phone.injectFaults('/auth/login', { lost: 'request' }, { lost: 'request' });
    await expect(settled(auth.login())).rejects.toMatchObject({ code: 'network' });
    await expectOut(auth, 'signed_out');
  });

  it('ends in time for requests that the page sends beside the login', async () => {
    await settled(auth.logout());
    void auth.login();
    await expect(settled(auth.request({ url: '/notes' }))).resolves.toMatchObject({ statusCode: 200 });
  });

  it('lets the user cancel the deletion', async () => {
    phone.service.refusal = { status: 403, code: 'account_deleting', eraseAt: '2026-11-28T00:00:00.000Z' };
    await expect(settled(auth.login())).rejects.toMatchObject({
      code: 'account_deleting',
      problem: { eraseAt: '2026-11-28T00:00:00.000Z' },
    });
    phone.service.refusal = undefined;
    await settled(auth.login({ restore: true }));
    expect(phone.to('/auth/login').at(-1)!.data).toMatchObject({ restore: true });
    expect(auth.user).not.toBeNull();
  });

  it('is not caused by the end of a previous session', async () => {
    await settled(auth.token());
    phone.service.end('kicked');
    phone.injectFaults('/slow', { delay: 5000 });
    const slow = auth.request({ url: '/slow' });
    await settled(auth.login());
    await expect(settled(slow)).resolves.toMatchObject({ statusCode: 200 });
    expect(logouts).toEqual([]);
  });

  it('is not caused by a kick that arrives during a login', async () => {
    await settled(auth.token());
    phone.service.end('kicked');
    const request = auth.request({ url: '/notes' });
    await pass(0.01);
    const login = auth.login();
    await settled(Promise.all([login, request]));
    expect(logouts).toEqual([]);
  });

  it('does not affect requests to other origins', async () => {
    await settled(auth.logout());
    await settled(auth.request({ url: 'https://api.example.com/' }));
    expect(phone.sent).toHaveLength(1);
  });
});
