import { Clock } from './clock.js';
import { Listeners } from './listeners.js';
import { Network } from './network.js';
import { Base } from './origin.js';
import { storePhone } from './phone.js';
import { Requests } from './requests.js';
import { Service } from './service.js';
import { Session } from './session.js';
import { sharedBy } from './shared.js';
import { Store, wechatStorage } from './store.js';
import type { Answer, Auth, AuthOptions, RequestOptions, Wechat } from './types.js';

declare const wx: Wechat | undefined;

/** @throws {TypeError} where `baseUrl` is none, or there is no `wx` */
export function createAuth(options: AuthOptions): Auth {
  const { baseUrl, appid, storage, wx: platform = typeof wx === 'undefined' ? undefined : wx } = options;
  if (!platform) throw new TypeError('There is no wx here: pass uni or Taro.');
  const base = new Base(baseUrl);
  const clock = new Clock();
  const network = new Network(platform, clock);
  const { line, codes } = sharedBy(platform);
  const listeners = new Listeners();
  const session = new Session(
    new Service(base.url, appid, (sent) => line.run(() => network.sendOwn(sent), true)),
    new Store(storage || wechatStorage(platform), `weapp-auth:${base.url}:${appid || ''}`),
    clock,
    codes,
    listeners,
  );
  const requests = new Requests(base, session, network, line);

  return {
    // Nothing else: where a page binds it to a tap, the event comes along.
    login: ({ restore, consent, phoneCode } = {}) => session.login({ restore, consent, phoneCode }),
    request: <Data>(sent: RequestOptions) => requests.send(sent) as Promise<Answer<Data>>,
    logout: () => session.logout(),
    get user() {
      return session.user;
    },
    async token() {
      return (await session.outReason()) === undefined ? session.token() : null;
    },
    getPhoneNumber: (event) => storePhone(event, (sent) => requests.send(sent)),
    on: (name, listener) => listeners.on(name, listener),
  };
}
