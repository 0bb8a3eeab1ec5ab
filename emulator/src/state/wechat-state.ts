import { TokenFamily } from './access-tokens.js';
import { Apps, type AppInput } from './apps.js';
import { Clock } from './clock.js';
import { Faults } from './faults.js';
import { LoginCodes } from './login-codes.js';
import { MiniProgramCodes } from './mini-program-codes.js';
import { PhoneNumbers } from './phone-numbers.js';
import { Quota } from './quota.js';
import { ReceivedRequests } from './received-requests.js';
import { Sessions } from './sessions.js';
import { defaultSettings, type Settings } from './settings.js';
import { StableTokenQuotas } from './stable-token-quotas.js';
import { Users } from './users.js';

/** Codes that WeChat makes for one app in a minute. */
const maxCodesPerMinute = 5000;

/** The whole state of one emulator, in memory. */
export class WechatState {
  readonly clock = new Clock();
  readonly settings: Settings = { ...defaultSettings };
  readonly apps: Apps;
  readonly users = new Users();
  readonly sessions = new Sessions();
  readonly loginCodes = new LoginCodes();
  readonly phoneNumbers = new PhoneNumbers();
  readonly miniProgramCodes = new MiniProgramCodes();
  readonly codeQuota = new Quota(maxCodesPerMinute, 60);
  readonly plainTokens = new TokenFamily();
  readonly stableTokens = new TokenFamily();
  readonly stableTokenQuotas = new StableTokenQuotas();
  readonly faults = new Faults();
  readonly requests = new ReceivedRequests();

  constructor(apps: readonly AppInput[]) {
    this.apps = new Apps(apps);
  }

  /** Forgets everything except the apps. */
  reset(): void {
    this.clock.reset();
    Object.assign(this.settings, defaultSettings);
    this.users.clear();
    this.sessions.clear();
    this.loginCodes.clear();
    this.phoneNumbers.clear();
    this.miniProgramCodes.clear();
    this.codeQuota.clear();
    this.plainTokens.clear();
    this.stableTokens.clear();
    this.stableTokenQuotas.clear();
    this.faults.clear();
    this.requests.clear();
  }
}
