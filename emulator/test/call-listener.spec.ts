import { expect, it } from 'vitest';
import type { ReceivedRequest, SentAnswer } from '../src/index.js';
import { appOne, useEmulator } from './harness.js';

const emulator = useEmulator();

interface Heard {
  request: ReceivedRequest;
  answers: (SentAnswer | undefined)[];
}

function listen(): { heard: Heard[]; stop: () => void } {
  const heard: Heard[] = [];
  const stop = emulator.wechat.requests.listen((request) => {
    const call: Heard = { request, answers: [] };
    heard.push(call);
    return (answer) => call.answers.push(answer);
  });
  return { heard, stop };
}

it('reports a call and its answer, with secrets masked', async () => {
  const { heard, stop } = listen();
  await emulator.logIn();
  stop();

  expect(heard).toEqual([
    {
      request: expect.objectContaining({
        path: '/sns/jscode2session',
        query: expect.objectContaining({ appid: appOne, secret: '***', js_code: '***' }),
      }),
      answers: [{ status: 200, body: expect.objectContaining({ session_key: '***' }) }],
    },
  ]);
});

it('reports a call before its answer, and a fault like an answer', async () => {
  emulator.wechat.faults.add({ path: '/sns/jscode2session', times: 1, delayMs: 50, errcode: -1 });
  const { heard, stop } = listen();
  const exchange = emulator.exchange('0' + '1'.repeat(31));
  await expect.poll(() => heard).toMatchObject([{ answers: [] }]);
  await exchange;
  stop();

  expect(heard).toMatchObject([{ answers: [{ status: 200, body: { errcode: -1 } }] }]);
});

it('reports no answer if the connection was reset, or if the caller left', async () => {
  emulator.wechat.faults.add({ path: '/sns/jscode2session', times: 1, reset: true });
  emulator.wechat.faults.add({ path: '/sns/jscode2session', times: 1, delayMs: 60_000 });
  const { heard, stop } = listen();
  await expect(emulator.exchange('x')).rejects.toThrow('fetch failed');
  const left = AbortSignal.timeout(50);
  await expect(fetch(`${emulator.url}/sns/jscode2session`, { signal: left })).rejects.toThrow('timeout');
  await expect.poll(() => heard.map(({ answers }) => answers)).toEqual([[undefined], [undefined]]);
  stop();
});

it('reports nothing after it was stopped', async () => {
  const { heard, stop } = listen();
  stop();
  await emulator.logIn();

  expect(heard).toEqual([]);
});
