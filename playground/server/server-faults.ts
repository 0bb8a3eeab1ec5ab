import type { Fault as WechatFault, WechatState } from '../../emulator/src/index.js';
import type { ServerFault } from './live-events.js';
import type { PlaygroundAdmin } from './admin.js';
import type { UserRecords } from './user-records.js';

/** The user and the mini-program that a fault affects. */
export interface FaultTarget {
  user: string;
  appid: string;
}

type ExchangeFault = Extract<ServerFault, 'code_used' | 'wechat_busy' | 'wechat_slow'>;

const exchangePath = '/sns/jscode2session';

/** The emulator's faults for the next code exchanges. They end by themselves. */
const wechatFaults: Readonly<Record<ExchangeFault, Omit<WechatFault, 'path'>>> = {
  code_used: { errcode: 40_163, spend: true, times: 1 },
  wechat_busy: { errcode: -1, times: 2 },
  wechat_slow: { delayMs: 2_000, times: 1 },
};

/** A user is disabled for so long. */
const disabledForMs = 60_000;

/** Switches faults of WeChat and of the service. */
export class ServerFaults {
  constructor(
    private readonly wechat: WechatState,
    private readonly admin: PlaygroundAdmin,
    private readonly users: UserRecords,
  ) {}

  /** The faults that wait for the next code exchange. */
  active(): ServerFault[] {
    return Object.keys(wechatFaults)
      .filter((fault) => this.wechat.faults.all().some(matches(fault as ExchangeFault)))
      .map((fault) => fault as ExchangeFault);
  }

  /** @param on false switches it off, if that is possible */
  async set(fault: ServerFault, on: boolean, { user, appid }: FaultTarget): Promise<void> {
    const { wechat } = this;
    switch (fault) {
      case 'code_used':
      case 'wechat_busy':
      case 'wechat_slow':
        this.removeFault(fault);
        if (on) wechat.faults.add({ path: exchangePath, ...wechatFaults[fault] });
        break;
      case 'key_rotated':
        wechat.users.getOrCreate(user);
        wechat.sessions.rotate(appid, user, wechat.clock.now());
        break;
      case 'token_evicted':
        wechat.stableTokens.replaceAll(appid, wechat.clock.now());
        break;
      case 'kicked':
        await this.callAdmin(user, 'DELETE', '/sessions');
        break;
      case 'disabled':
        await this.callAdmin(user, 'PATCH', '', on ? ban() : { status: 'active' });
        break;
    }
  }

  /** Erases the user, and removes all faults. */
  async startOver(user: string): Promise<void> {
    for (const fault of this.active()) this.removeFault(fault as ExchangeFault);
    for (const { user: row } of await this.users.find(user)) {
      const path = `/admin/users/${row.id}`;
      // A ban would outlast the erasure.
      if (row.status === 'disabled') await this.admin.call('PATCH', path, { status: 'active' });
      await this.admin.call('DELETE', path);
    }
  }

  private removeFault(fault: ExchangeFault): void {
    const { faults } = this.wechat;
    const others = faults.all().filter((one) => !matches(fault)(one));
    faults.clear();
    for (const other of others) faults.add(other);
  }

  private async callAdmin(user: string, method: string, path: string, body?: object): Promise<void> {
    for (const { user: row } of await this.users.find(user)) {
      await this.admin.call(method, `/admin/users/${row.id}${path}`, body);
    }
  }
}

function ban(): object {
  return {
    status: 'disabled',
    reason: '演示停用一分钟',
    until: new Date(Date.now() + disabledForMs).toISOString(),
  };
}

function matches(fault: ExchangeFault): (fault: WechatFault) => boolean {
  const { errcode, delayMs } = wechatFaults[fault];
  return (wechatFault) =>
    wechatFault.path === exchangePath &&
    wechatFault.errcode === errcode &&
    (wechatFault.delayMs ?? 0) === (delayMs ?? 0);
}
