import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, it, vi } from 'vitest';
import type { LiveEvent } from '../server/live-events.js';
import { LiveStream } from '../server/live-stream.js';
import type { UserRecords } from '../server/user-records.js';
import type { ServerFaults } from '../server/server-faults.js';
import { usePlayground, webhookSecret } from './harness.js';

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

const message = {
  type: 'user.disabled',
  timestamp: '2026-11-21T02:59:35.873Z',
  data: { userId: '01a1fc0b-8543-769f-a0a8-36d8f00a7120' },
};

function sendMessage(body: object, signingSecret: string | undefined): Promise<Response> {
  const text = JSON.stringify(body);
  const now = new Date();
  return fetch(`http://${playground.host}/playground/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(signingSecret !== undefined && {
        'webhook-id': 'message',
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(signingSecret).sign('message', now, text),
      }),
    },
    body: text,
  });
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

it('sends each message of the webhook', async () => {
  const heard = await watch();
  expect((await sendMessage(message, webhookSecret)).status).toBe(204);

  await expect
    .poll(() => heard.events.at(-1))
    .toEqual({ type: 'webhook-message', at: expect.any(Number), message });
});

it.each(['a wrong signature', 'no signature'])('takes no message with %s', async (signature) => {
  const heard = await watch();
  const wrongSecret = signature === 'no signature' ? undefined : `whsec_${'A'.repeat(32)}`;
  expect((await sendMessage(message, wrongSecret)).status).toBe(400);
  await sendMessage({ ...message, type: 'user.enabled' }, webhookSecret);

  await expect.poll(() => heard.text).toContain('user.enabled');
  expect(heard.text).not.toContain('user.disabled');
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
