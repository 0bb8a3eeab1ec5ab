import { inspect } from 'node:util';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, vi } from 'vitest';
import { createEmulator, type Emulator, type Fault } from '../../../emulator/src/index.js';
import { ConfigModule } from '../../config/config.module.js';
import { Settings } from '../../config/settings.js';
import { describeError } from '../../errors/describe-error.js';
import { WechatClient, type WechatSession } from '../wechat.client.js';
import { wechatConnections } from '../wechat-connections.js';
import { WechatModule } from '../wechat.module.js';
import { apps, tea } from '../../../test/harness/apps.js';

/** The room that talks to WeChat, and an emulator for it to talk to; both as new before each test. */
export class WechatRoom {
  /** All that was logged. */
  log = '';
  emulator: Emulator;
  #module: TestingModule;

  /** @param pool in place of the connections to the emulator */
  async open({ wechatMaxConcurrency = 256, pool }: { wechatMaxConcurrency?: number; pool?: unknown } = {}) {
    const settings = Object.assign(new Settings(), {
      wechatApps: apps.map(({ appid, secret }) => ({ appid, secret })),
      wechatBaseUrl: this.emulator.url,
      wechatMaxConcurrency,
    });
    const builder = Test.createTestingModule({ imports: [ConfigModule.register(settings), WechatModule] });
    if (pool !== undefined) builder.overrideProvider(wechatConnections).useValue(pool);
    const write = (...line: unknown[]) => void (this.log += `${line.join(' ')}\n`);
    builder.setLogger({ log: write, warn: write, error: write });
    await this.#module?.close();
    this.#module = await builder.compile();
  }

  async close(): Promise<void> {
    await this.#module.close();
    await this.emulator.close();
  }

  get<Provider>(type: new (...given: never[]) => Provider): Provider {
    return this.#module.get<Provider>(type, { strict: false });
  }

  /** What a fresh login of this person gives. */
  async login(user = 'anna', app: (typeof apps)[number] = tea): Promise<WechatSession> {
    const { code } = this.emulator.phone.login(app.appid, user);
    return this.get(WechatClient).code2Session(app, code);
  }

  fault(fault: Fault): void {
    this.emulator.wechat.faults.add(fault);
  }

  /** The bodies of the calls that this path has got. */
  received(path: string): unknown[] {
    return this.emulator.wechat.requests
      .all()
      .filter((request) => request.path === path)
      .map(({ body }) => body);
  }

  /** The access_token that WeChat gives at this moment. */
  get accessToken(): string {
    return this.emulator.wechat.stableTokens.latest(tea.appid)!.value;
  }

  /** What another server does that asks for tokens of its own. */
  evictAccessToken(appid: string = tea.appid): void {
    this.emulator.wechat.stableTokens.replaceAll(appid, this.emulator.wechat.clock.now());
  }

  /** Lets time pass for the room and for WeChat; timers go on as they are. */
  advance(seconds: number): void {
    vi.advanceTimersByTime(seconds * 1_000);
    this.emulator.wechat.clock.advance(seconds);
  }
}

export function useWechatRoom(): WechatRoom {
  const room = new WechatRoom();
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    room.log = '';
    room.emulator = await createEmulator({ apps: apps.map((app) => ({ ...app })) });
    await room.open();
  });
  afterEach(async () => {
    await room.close();
    vi.useRealTimers();
  });
  return room;
}

/** The error that a call ends with, and all that could be printed of it. */
export async function failureOf(call: Promise<unknown>): Promise<{ error: unknown; printed: string }> {
  const error = await call.then(
    (answer) => new Error(`there was an answer: ${inspect(answer)}`),
    (reason: unknown) => reason,
  );
  const printed = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(describeError(error));
  return { error, printed };
}
