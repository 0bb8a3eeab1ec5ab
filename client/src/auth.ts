import { Clock } from './clock.js';
import { Listeners } from './listeners.js';
import { Network } from './network.js';
import { BaseUrl } from './base-url.js';
import { storePhone } from './phone-number.js';
import { Requests } from './requests.js';
import { lookAtScan } from './scan.js';
import { Service } from './service.js';
import { Session } from './session.js';
import { SessionState } from './session-state.js';
import { getSharedResources } from './shared-resources.js';
import { Store, wechatStorage } from './store.js';
import type { Abortable, Answer, Auth, AuthOptions, RequestOptions, UploadOptions, Wechat } from './types.js';

declare const wx: Wechat | undefined;

/** @throws {TypeError} if `baseUrl` or one of `origins` is not a plain http or https URL, or if there is no `wx` */
export function createAuth(options: AuthOptions): Auth {
  const { baseUrl, appid, storage, wx: platform = typeof wx === 'undefined' ? undefined : wx } = options;
  if (!platform) throw new TypeError('There is no wx here: pass uni or Taro.');
  const base = new BaseUrl(baseUrl, options.origins);
  const clock = new Clock();
  const network = new Network(platform, clock);
  const { queue, codes } = getSharedResources(platform);
  const listeners = new Listeners();
  const service = new Service(base.url, appid, options.unwrap, (sent) =>
    queue.run(() => network.sendToService(sent), true),
  );
  const store = new Store(storage || wechatStorage(platform), `weapp-auth:${base.url}:${appid || ''}`);
  const session = new Session(new SessionState(store, clock, listeners), service, clock, codes, listeners);
  const requests = new Requests(base, session, network, queue, options);

  return {
    // Only these options: a page may bind `login` to a tap, and then it receives the event.
    login: ({ restore, consent, phoneCode } = {}) => session.login({ restore, consent, phoneCode }),
    request: <Data>(sent: RequestOptions) => requests.send(sent) as Abortable<Answer<Data>>,
    upload: <Data>(sent: UploadOptions) => requests.send(sent, 'uploadFile') as Abortable<Answer<Data>>,
    download: (sent) => requests.send(sent, 'downloadFile'),
    logout: () => session.logout(),
    get user() {
      return session.user;
    },
    async token() {
      return (await session.signedOutReason()) === undefined ? session.token() : null;
    },
    async refresh() {
      return (await session.signedOutReason()) === undefined ? session.refresh() : null;
    },
    getPhoneNumber: (event) => storePhone(event, (sent) => requests.send(sent)),
    scan: (reference) => lookAtScan(reference, (sent) => requests.send(sent)),
    on: (name, listener) => listeners.on(name, listener),
  };
}
