import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Task } from '../src/index.js';
import { FakePhone, pass, settled } from './fake-phone.js';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

describe('abort()', () => {
  it('aborts the request at wx, and rejects with the code aborted', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/slow', { delay: 60_000 });
    const fail = vi.fn<(failure: unknown) => void>();
    const request = auth.request({ url: '/slow', fail });
    await pass(1);
    request.abort();
    const failure = { name: 'AuthError', code: 'aborted', errMsg: 'request:fail abort' };
    await expect(settled(request)).rejects.toMatchObject(failure);
    expect(fail).toHaveBeenCalledExactlyOnceWith(expect.objectContaining(failure));
  });

  it('gives the place in the queue to the next request', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/slow', ...Array.from({ length: 10 }, () => ({ delay: 60_000 })));
    const slow = Array.from({ length: 10 }, () => auth.request({ url: '/slow' }));
    const outcomes = Promise.allSettled(slow);
    const next = auth.request({ url: '/notes' });
    await pass(1);
    expect(phone.to('/notes')).toHaveLength(0);
    slow[0]!.abort();
    await pass(1);
    await expect(next).resolves.toMatchObject({ statusCode: 200 });
    for (const request of slow) request.abort();
    await settled(outcomes);
    expect(phone.maxConcurrentRequests).toBe(10);
  });

  it('sends nothing if the request still waits, and leaves the shared login alone', async () => {
    const auth = phone.createAuth();
    const aborted = auth.request({ url: '/aborted' });
    const other = auth.request({ url: '/notes' });
    await pass(0.05);
    aborted.abort();
    await expect(settled(aborted)).rejects.toMatchObject({ code: 'aborted' });
    await expect(settled(other)).resolves.toMatchObject({ statusCode: 200 });
    await pass(60);
    expect(phone.to('/aborted')).toHaveLength(0);
    expect(phone.loginsAsked).toBe(1);
  });

  it('works on a request to another origin', async () => {
    phone.injectFaults('/', { delay: 60_000 });
    const request = phone.createAuth().request({ url: 'https://api.example.com/' });
    await pass(1);
    request.abort();
    await expect(settled(request)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('does nothing after the answer', async () => {
    const auth = phone.createAuth();
    const request = auth.request({ url: '/notes' });
    await settled(request);
    request.abort();
    await expect(request).resolves.toMatchObject({ statusCode: 200 });
  });
});

describe('onTask()', () => {
  it('receives the task of wx.request, so that a page can read an answer in chunks', async () => {
    const auth = phone.createAuth();
    const chunks = [new ArrayBuffer(1), new ArrayBuffer(2)];
    phone.injectFaults('/answers', { chunks, answer: phone.service.say(200, '') });
    const received: ArrayBuffer[] = [];
    const onTask = (task: Task) => task.onChunkReceived!(({ data }) => received.push(data));
    await settled(auth.request({ url: '/answers', enableChunked: true, onTask }));
    expect(received).toEqual(chunks);
    expect(phone.to('/answers')[0]).toMatchObject({ enableChunked: true });
    expect(phone.to('/answers')[0]).not.toHaveProperty('onTask');
  });

  it('is called again for a repeat', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    const onTask = vi.fn<() => void>();
    await settled(auth.request({ url: '/notes', onTask }));
    expect(onTask).toHaveBeenCalledTimes(2);
  });
});

describe('the time-out of a request', () => {
  const outcomeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

  it('includes the time in the queue', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/slow', ...Array.from({ length: 10 }, () => ({ delay: 1500 })));
    const slow = Array.from({ length: 10 }, () => auth.request({ url: '/slow' }));
    const outcome = outcomeOf(auth.request({ url: '/notes', timeout: 500 }));
    await pass(0.5);
    await expect(outcome).resolves.toMatchObject({ code: 'network', errMsg: 'request:fail timeout' });
    await settled(Promise.all(slow));
    expect(phone.to('/notes')).toHaveLength(0);
  });

  it('includes the time of a login, and wx.request gets what remains', async () => {
    const auth = phone.createAuth();
    await settled(auth.request({ url: '/notes', timeout: 1000 }));
    expect(phone.to('/notes')[0]!.timeout).toBe(800);
    await settled(auth.logout());
    phone.latency = 3000;
    const login = auth.login();
    const outcome = outcomeOf(auth.request({ url: '/notes', timeout: 1000 }));
    await pass(1);
    await expect(outcome).resolves.toMatchObject({ code: 'network', errMsg: 'request:fail timeout' });
    await settled(login);
    expect(phone.to('/notes')).toHaveLength(1);
  });
});

describe('the errors', () => {
  it('have errMsg and errno like the failures of wx', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.injectFaults('/notes', { lost: 'request' });
    await expect(settled(auth.request({ url: '/notes' }))).rejects.toMatchObject({
      code: 'network',
      message: 'request:fail timeout',
      errMsg: 'request:fail timeout',
      errno: 5,
    });
  });

  it('have errMsg if they are not from wx, too', async () => {
    const auth = phone.createAuth();
    await settled(auth.logout());
    const fail = vi.fn<(failure: { errMsg: string }) => void>();
    await expect(settled(auth.request({ url: '/notes', fail }))).rejects.toMatchObject({
      code: 'signed_out',
    });
    expect(fail.mock.calls[0]![0].errMsg).toMatch(/^Signed out/);
  });
});
