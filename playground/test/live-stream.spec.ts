import type { ServerResponse } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import type { LiveEvent } from '../server/live-events.js';
import { LiveStream } from '../server/live-stream.js';
import type { UserRecords } from '../server/user-records.js';
import type { ServerFaults } from '../server/server-faults.js';
import { usePlayground } from './harness.js';

const playground = usePlayground();
const closing = new Set<AbortController>();

afterEach(() => {
  for (const controller of closing) controller.abort();
});

const appid = 'wxe000000000000001';
const secret = 'e000000000000001'.repeat(2);

/** Collects the events that a page receives from now on. */
async function watch(): Promise<{ text: string; events: LiveEvent[] }> {
  const controller = new AbortController();
  closing.add(controller);
  const answer = await fetch(`http://${playground.host}/playground/events`, { signal: controller.signal });
  const heard = {
    text: '',
    get events() {
      return [...this.text.matchAll(/^data: (.*)\n\n/gm)].map(([, data]) => JSON.parse(data!) as LiveEvent);
    },
  };
  const stream = answer.body!.pipeThrough(new TextDecoderStream());
  void (async () => {
    for await (const text of stream) heard.text += text;
  })().catch(() => {});
  await expect.poll(() => heard.events).toContainEqual({ type: 'faults', active: [] });
  return heard;
}

async function exchange(): Promise<{ code: string; openid: string; session_key: string }> {
  const { code } = playground.emulator.phone.login(appid, 'xiaoming');
  const query = `appid=${appid}&secret=${secret}&js_code=${code}&grant_type=authorization_code`;
  const answer = await fetch(`${playground.emulator.url}/sns/jscode2session?${query}`);
  return { code, ...((await answer.json()) as { openid: string; session_key: string }) };
}

function setFault(fault: string, query: string): Promise<Response> {
  return fetch(`http://${playground.host}/playground/faults/${fault}?${query}`, { method: 'POST' });
}

it('sends each call to WeChat, without secrets', async () => {
  const heard = await watch();
  const secrets = await exchange();
  await expect.poll(() => heard.events.at(-1)).toMatchObject({ type: 'wechat-call-ended' });

  expect(heard.events.slice(-2)).toEqual([
    {
      type: 'wechat-call-started',
      id: expect.any(Number),
      at: expect.any(Number),
      method: 'GET',
      path: '/sns/jscode2session',
      carried: { appid, secret: '***', js_code: '***', grant_type: 'authorization_code' },
    },
    {
      type: 'wechat-call-ended',
      id: expect.any(Number),
      at: expect.any(Number),
      status: 200,
      carried: {
        session_key: '***',
        openid: `${secrets.openid.slice(0, 4)}…`,
        unionid: expect.stringMatching(/^.{4}…$/),
      },
    },
  ]);
  for (const value of [secret, secrets.code, secrets.openid, secrets.session_key]) {
    expect(heard.text).not.toContain(value);
  }
});

it('sends the waiting faults until they have happened', async () => {
  const heard = await watch();
  await setFault('code_used', `appid=${appid}`);
  await expect.poll(() => heard.events.at(-1)).toEqual({ type: 'faults', active: ['code_used'] });
  await exchange();

  await expect.poll(() => heard.events.at(-1)).toEqual({ type: 'faults', active: [] });
  expect(heard.events).toContainEqual(
    expect.objectContaining({ carried: expect.objectContaining({ errcode: 40163 }) }),
  );
});

it('takes a fault back, and leaves the faults of others alone', async () => {
  const other = { path: '/sns/jscode2session', appid: 'wxe000000000000002', errcode: 45011 };
  playground.emulator.wechat.faults.add(other);
  await setFault('wechat_busy', `appid=${appid}`);
  await setFault('wechat_busy', `appid=${appid}&on=false`);

  expect(playground.emulator.wechat.faults.all()).toEqual([other]);
});

it.each(['toString', 'wechat', ''])('knows no fault %j', async (fault) => {
  expect((await setFault(fault, `appid=${appid}`)).ok).toBe(false);
});

it('makes no fault in an app that the service does not serve', async () => {
  expect((await setFault('key_rotated', 'appid=wx00000000000000ff')).status).toBe(400);
});

it.each(['went away before it was listened to', 'comes when everything stops'])(
  'keeps nothing for a page that %s',
  async (circumstance) => {
    const find = vi.fn<() => Promise<never[]>>().mockResolvedValue([]);
    const users = { find } as unknown as UserRecords;
    const stream = new LiveStream(playground.emulator.wechat, users, {
      active: () => [],
    } as unknown as ServerFaults);
    const isLate = circumstance.startsWith('comes');
    if (isLate) stream.close();
    const response = {
      destroyed: !isLate,
      end: vi.fn<() => void>(),
      writeHead: () => {},
      once: () => {},
      write: () => {},
    };

    stream.add('xiaoming', response as unknown as ServerResponse);

    expect(response.end).toHaveBeenCalledOnce();
    expect(find).not.toHaveBeenCalled();
    stream.close();
  },
);
