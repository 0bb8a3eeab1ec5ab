import { ask, type Toasts } from './dialogs.js';
import type { Network } from './network.js';
import type { Pages } from './pages.js';
import type { PhoneUser } from './phone-user.js';
import type { Privacy } from './privacy.js';
import type { Requests } from './requests.js';
import type { PhoneStorage } from './storage.js';
import { Failure, settle, type Callbacks } from './wechat-call.js';

/** The parts that `wx` uses. */
export interface Phone {
  appid: string;
  network: Network;
  phoneUser: PhoneUser;
  requests: Requests;
  storage: PhoneStorage;
  privacy: Privacy;
  pages: Pages;
  toasts: Toasts;
}

type Options<Own = object> = Own & Callbacks;

/** How this phone describes itself. */
const device = { brand: 'devtools', model: 'Playground', platform: 'devtools', system: 'Android 14' };
const base = { SDKVersion: '3.17.0', version: '8.0.60', language: 'zh_CN', theme: 'light' };

/** The part of the base library's `wx` that is needed. Add calls when a mini-program needs them. */
export function createWx(phone: Phone): Record<string, unknown> {
  const wx = {
    ...ofWechat(phone),
    ...ofStorage(phone),
    ...ofPrivacy(phone),
    ...ofPages(phone),
    ...ofDialogs(phone),
    request: phone.requests.request.bind(phone.requests),
    uploadFile: phone.requests.uploadFile.bind(phone.requests),
    getAccountInfoSync: () => ({ miniProgram: { appId: phone.appid, envVersion: 'develop', version: '' } }),
    getDeviceInfo: () => device,
    getAppBaseInfo: () => base,
    getWindowInfo: windowInfo,
    getSystemInfoSync: () => ({ ...device, ...base, ...windowInfo() }),
  };
  return { ...wx, canIUse: (name: string) => Object.hasOwn(wx, name.split('.')[0]!) };
}

function windowInfo(): object {
  const { innerWidth, innerHeight, devicePixelRatio } = window;
  const windowHeight = document.querySelector('.pages')!.clientHeight;
  return {
    pixelRatio: devicePixelRatio,
    screenWidth: innerWidth,
    screenHeight: innerHeight,
    windowWidth: innerWidth,
    windowHeight,
    statusBarHeight: 0,
  };
}

function ofWechat({ network, phoneUser }: Phone) {
  type Call = () => Promise<{ errMsg: string }>;
  /** The emulator's answer says whether the call succeeded. */
  const asked =
    (name: string, call: Call = () => network.askWechat(name)) =>
    (options?: Options) =>
      settle(name, options, async () => {
        const answer = await call();
        if (!answer.errMsg.endsWith(':ok')) throw new Failure(answer.errMsg);
        return answer;
      });
  return {
    login: asked('login'),
    checkSession: asked('checkSession'),
    getUserInfo: asked('getUserInfo'),
    getUserProfile: asked('getUserProfile'),
    getWeRunData: asked('getWeRunData', () => phoneUser.steps()),
  };
}

function ofStorage({ storage }: Phone) {
  interface Key {
    key: string;
    encrypt?: boolean;
  }
  return {
    getStorage: (options: Options<Key>) =>
      settle('getStorage', options, () => ({ data: storage.get(options.key, options.encrypt) })),
    setStorage: (options: Options<Key & { data: unknown }>) =>
      settle('setStorage', options, () => storage.set(options.key, options.data, options.encrypt)),
    removeStorage: (options: Options<Key>) =>
      settle('removeStorage', options, () => storage.remove(options.key)),
    clearStorage: (options?: Options) => settle('clearStorage', options, () => storage.clear()),
    getStorageSync: (key: string) => {
      try {
        return storage.get(key);
      } catch {
        return '';
      }
    },
    setStorageSync: (key: string, data: unknown) => storage.set(key, data),
    removeStorageSync: (key: string) => storage.remove(key),
    clearStorageSync: () => storage.clear(),
    getStorageInfoSync: () => ({ keys: storage.keys() }),
  };
}

function ofPrivacy({ privacy }: Phone) {
  return {
    onNeedPrivacyAuthorization: privacy.onNeed.bind(privacy),
    getPrivacySetting: (options?: Options) => settle('getPrivacySetting', options, () => privacy.setting),
    requirePrivacyAuthorize: (options?: Options) =>
      settle('requirePrivacyAuthorize', options, () => privacy.require('requirePrivacyAuthorize')),
    openPrivacyContract: (options?: Options) =>
      settle('openPrivacyContract', options, () => privacy.openContract()),
  };
}

function ofPages({ pages }: Phone) {
  type Place = Options<{ url: string }>;
  return {
    navigateTo: (options: Place) => settle('navigateTo', options, () => pages.navigateTo(options.url)),
    redirectTo: (options: Place) => settle('redirectTo', options, () => pages.redirectTo(options.url)),
    reLaunch: (options: Place) => settle('reLaunch', options, () => pages.reLaunch(options.url)),
    navigateBack: (options?: Options<{ delta?: number }>) =>
      settle('navigateBack', options, () => pages.navigateBack(options?.delta ?? 1)),
    setNavigationBarTitle: (options: Options<{ title: string }>) =>
      settle('setNavigationBarTitle', options, () => pages.setTitle(options.title)),
  };
}

interface ModalOptions {
  title?: string;
  content?: string;
  showCancel?: boolean;
  cancelText?: string;
  confirmText?: string;
  confirmColor?: string;
}

function ofDialogs({ toasts }: Phone) {
  type Toast = Options<{
    title: string;
    icon?: 'success' | 'error' | 'none';
    duration?: number;
  }>;
  return {
    showToast: (options: Toast) =>
      settle('showToast', options, () => toasts.show(options, options.duration ?? 1500)),
    hideToast: (options?: Options) => settle('hideToast', options, () => toasts.hide()),
    showLoading: (options: Options<{ title: string }>) =>
      settle('showLoading', options, () => toasts.show({ ...options, icon: 'loading' })),
    hideLoading: (options?: Options) => settle('hideLoading', options, () => toasts.hide()),
    showModal: (options: Options<ModalOptions>) => settle('showModal', options, () => showModal(options)),
    showActionSheet: (options: Options<{ itemList: string[]; itemColor?: string }>) =>
      settle('showActionSheet', options, () => showActionSheet(options.itemList, options.itemColor)),
  };
}

async function showModal(options: ModalOptions): Promise<{ confirm: boolean; cancel: boolean }> {
  const { title = '', content, showCancel = true, cancelText, confirmText, confirmColor } = options;
  const confirm = await ask({
    kind: 'modal',
    title,
    text: content,
    choices: [
      ...(showCancel ? [{ text: cancelText || '取消', value: false }] : []),
      { text: confirmText || '确定', value: true, isMain: true, color: confirmColor },
    ],
    otherwise: false,
  });
  return { confirm, cancel: !confirm };
}

async function showActionSheet(items: string[], color?: string): Promise<{ tapIndex: number }> {
  const tapIndex = await ask({
    kind: 'sheet',
    title: '',
    choices: [...items.map((text, value) => ({ text, value, color })), { text: '取消', value: -1 }],
    otherwise: -1,
  });
  if (tapIndex < 0) throw new Failure('cancel');
  return { tapIndex };
}
