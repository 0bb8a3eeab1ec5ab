import type { Fault, WechatState } from '../../emulator/src/index.js';
import type { ServerTrouble } from './live-events.js';
import type { Operator } from './operator.js';
import type { People } from './people.js';

/** Whose phone is to be in trouble, and in which mini-program. */
export interface Concerned {
  user: string;
  appid: string;
}

type ExchangeTrouble = Extract<ServerTrouble, 'code_used' | 'wechat_busy' | 'wechat_slow'>;

const exchangePath = '/sns/jscode2session';

/** What becomes of the exchanges to come; gone by itself once it has happened. */
const exchangeFaults: Readonly<Record<ExchangeTrouble, Omit<Fault, 'path'>>> = {
  code_used: { errcode: 40_163, spend: true, times: 1 },
  wechat_busy: { errcode: -1, times: 2 },
  wechat_slow: { delayMs: 2_000, times: 1 },
};

/** How long somebody is disabled, milliseconds. */
const disabledFor = 60_000;

/** Makes things go wrong at WeChat and in the service. */
export class Troubles {
  constructor(
    private readonly wechat: WechatState,
    private readonly operator: Operator,
    private readonly people: People,
  ) {}

  /** What is going to happen to an exchange. */
  armed(): ServerTrouble[] {
    return Object.keys(exchangeFaults)
      .filter((trouble) => this.wechat.faults.all().some(isOf(trouble as ExchangeTrouble)))
      .map((trouble) => trouble as ExchangeTrouble);
  }

  /** @param on false: takes it back, where that can be done */
  async set(trouble: ServerTrouble, on: boolean, { user, appid }: Concerned): Promise<void> {
    const { wechat } = this;
    switch (trouble) {
      case 'code_used':
      case 'wechat_busy':
      case 'wechat_slow':
        this.removeFaults(trouble);
        if (on) wechat.faults.add({ path: exchangePath, ...exchangeFaults[trouble] });
        break;
      case 'key_rotated':
        wechat.users.named(user);
        wechat.sessions.rotate(appid, user, wechat.clock.now());
        break;
      case 'token_evicted':
        wechat.stableTokens.replaceAll(appid, wechat.clock.now());
        break;
      case 'kicked':
        await this.operate(user, 'DELETE', '/sessions');
        break;
      case 'disabled':
        await this.operate(user, 'PATCH', '', on ? ban() : { status: 'active' });
        break;
    }
  }

  /** Has the person erased, and everything go well again. */
  async startOver(user: string): Promise<void> {
    for (const trouble of this.armed()) this.removeFaults(trouble as ExchangeTrouble);
    for (const { user: row } of await this.people.of(user)) {
      const path = `/admin/users/${row.id}`;
      // That they are disabled would outlast them.
      if (row.status === 'disabled') await this.operator.call('PATCH', path, { status: 'active' });
      await this.operator.call('DELETE', path);
    }
  }

  private removeFaults(trouble: ExchangeTrouble): void {
    const { faults } = this.wechat;
    const others = faults.all().filter((fault) => !isOf(trouble)(fault));
    faults.clear();
    for (const fault of others) faults.add(fault);
  }

  private async operate(user: string, method: string, path: string, body?: object): Promise<void> {
    for (const { user: row } of await this.people.of(user)) {
      await this.operator.call(method, `/admin/users/${row.id}${path}`, body);
    }
  }
}

function ban(): object {
  return {
    status: 'disabled',
    reason: '演示停用一分钟',
    until: new Date(Date.now() + disabledFor).toISOString(),
  };
}

function isOf(trouble: ExchangeTrouble): (fault: Fault) => boolean {
  const { errcode, delayMs } = exchangeFaults[trouble];
  return (fault) =>
    fault.path === exchangePath && fault.errcode === errcode && (fault.delayMs ?? 0) === (delayMs ?? 0);
}
