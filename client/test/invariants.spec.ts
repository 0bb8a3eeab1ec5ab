import { asyncProperty, assert, array, constantFrom, nat, oneof, record } from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import type { Auth } from '../src/index.js';
import { FakePhone, pass, type Fault } from './fake-phone.js';

afterEach(() => void vi.useRealTimers());

/** Milliseconds. With a slow storage, a page may log in and out while it is being read. */
const storageLatency = constantFrom(0, 30, 2000);

/** What may happen on a phone. */
const happening = oneof(
  {
    weight: 5,
    arbitrary: record({
      kind: constantFrom('request' as const),
      times: nat(12),
      elsewhere: constantFrom(true, false, false, false),
    }),
  },
  { weight: 2, arbitrary: record({ kind: constantFrom('expiry', 'login') }) },
  record({
    kind: constantFrom('logout', 'token', 'setClock', 'refresh', 'abort'),
  }),
  record({
    kind: constantFrom('launch' as const),
    storageLatency,
  }),
  record({
    kind: constantFrom('end' as const),
    reason: constantFrom('signed_out', 'kicked', 'disabled', 'deleted', 'merged', 'reused'),
  }),
  record({
    kind: constantFrom('refuse' as const),
    code: constantFrom('account_disabled', 'account_deleting'),
  }),
  record({
    kind: constantFrom('fault' as const),
    path: constantFrom('/auth/login', '/auth/refresh', '/auth/logout', '/me/notes'),
    fault: constantFrom<Fault[]>(
      { lost: 'request' },
      { lost: 'answer' },
      { delay: 3000 },
      { answer: { statusCode: 503, data: { code: 'overloaded' }, header: { 'Retry-After': '1' } } },
      { answer: { statusCode: 422, data: { code: 'login_again' }, header: {} } },
      { answer: { statusCode: 401, data: { code: 'fresh_login_required' }, header: {} } },
      { answer: { statusCode: 422, data: { code: 'session_key_stale' }, header: {} } },
      { answer: { statusCode: 401, data: { code: 'token_expired' }, header: {} } },
      { answer: { statusCode: 401, data: '<html>', header: {} } },
    ),
  }),
  record({ kind: constantFrom('weather' as const), works: constantFrom(true, false) }),
);

const schedule = array(record({ what: happening, wait: constantFrom(0, 1, 50, 100, 130, 1000, 20_000) }), {
  minLength: 5,
  maxLength: 40,
});

it('the client keeps its promises, whatever happens in whatever order', async () => {
  const seen = { answers: 0, failures: 0, replays: 0, logouts: 0 };
  await assert(
    asyncProperty(schedule, storageLatency, async (steps, latency) => {
      const phone = new FakePhone();
      phone.storageLatency = latency;
      const errors: unknown[] = [];
      const unsettled = new Set<string>();
      let auth = phone.createAuth();
      let requests = 0;
      let abortLast = () => {};
      /** Whether the page asked to log in after its last logout. */
      let isWanted = true;

      const watch = (name: string, promise: Promise<unknown>) => {
        unsettled.add(name);
        promise.then(
          () => void unsettled.delete(name),
          (error: unknown) => {
            unsettled.delete(name);
            seen.failures += 1;
            if ((error as Error).name !== 'AuthError') errors.push(error);
          },
        );
      };
      const listen = (launched: Auth) => {
        launched.on('login', () => {
          if (!isWanted) errors.push(new Error('Somebody was logged in after a logout.'));
        });
        launched.on('logout', () => void (seen.logouts += 1));
      };
      const ask = (elsewhere: boolean) => {
        requests += 1;
        const number = String(requests);
        const url = elsewhere ? 'https://api.example.com/me/notes' : '/me/notes';
        const sentOnes = () => phone.sent.filter(({ header }) => header?.['X-Number'] === number);
        const answered = auth.request({ url, header: { 'X-Number': number } });
        abortLast = () => answered.abort();
        watch(
          `request ${number}`,
          answered.then((answer) => {
            seen.answers += 1;
            const count = sentOnes().length;
            if (count > 1) seen.replays += 1;
            if (count < 1 || count > 2) errors.push(new Error(`It was sent ${count} times.`));
            return answer;
          }),
        );
      };

      listen(auth);
      for (const { what, wait } of steps) {
        switch (what.kind) {
          case 'request':
            for (let time = 0; time <= what.times; time += 1) ask(what.elsewhere);
            break;
          case 'login':
            isWanted = true;
            phone.service.refusal = undefined;
            watch('login', auth.login());
            break;
          case 'logout':
            isWanted = false;
            watch('logout', auth.logout());
            if (auth.user !== null) errors.push(new Error('A logout takes its time.'));
            break;
          case 'token':
            watch('token', auth.token());
            break;
          case 'refresh':
            watch('refresh', auth.refresh());
            break;
          case 'abort':
            abortLast();
            break;
          case 'launch':
            // The previous launch is over, with everything that waited.
            unsettled.clear();
            await pass(60);
            phone.storageLatency = what.storageLatency;
            auth = phone.createAuth();
            listen(auth);
            break;
          case 'expiry':
            phone.service.forgetAccessTokens();
            break;
          case 'setClock':
            vi.setSystemTime(Date.now() + 7200_000);
            break;
          case 'end':
            phone.service.end(what.reason);
            break;
          case 'refuse':
            phone.service.refusal = { status: 403, code: what.code };
            break;
          case 'fault':
            phone.injectFaults(what.path, what.fault);
            break;
          case 'weather':
            phone.loginFailure = what.works ? undefined : 'login:fail';
            break;
        }
        await pass(wait / 1000);
      }
      await pass(300);

      expect(errors).toEqual([]);
      expect([...unsettled]).toEqual([]);
      expect(phone.maxConcurrentLogins).toBeLessThanOrEqual(1);
      expect(phone.maxConcurrentRequests).toBeLessThanOrEqual(10);
      const bearers = phone.sent.filter(({ header }) => header?.['Authorization'] !== undefined);
      expect(bearers.filter(({ url }) => !url.startsWith('https://login.example.com/'))).toEqual([]);
      expect([...phone.servedByNumber].filter(([, times]) => times > 1)).toEqual([]);
      expect(isWanted || auth.user === null).toBe(true);
    }),
    { numRuns: 300 },
  );
  // The schedules reach the interesting cases.
  expect(seen.answers).toBeGreaterThan(1000);
  expect(seen.failures).toBeGreaterThan(300);
  expect(seen.replays).toBeGreaterThan(100);
  expect(seen.logouts).toBeGreaterThan(100);
});
