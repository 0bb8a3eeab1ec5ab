/** The playground's path below the origin of the service. No request of a phone leaves that origin. */
export const playgroundPath = '/playground/';

/**
 * Calls of a phone to WeChat. POST `<wechatPath>wx/login` with `{appid, user}` is answered as the emulator answers
 * `/__emulator__/wx/login`.
 */
export const wechatPath = `${playgroundPath}wechat/`;

/** `wx.request` to the service: `<servicePath>/me` is forwarded to `/me`, with the headers that WeChat sends. */
export const servicePath = `${playgroundPath}service`;

/** The header with the appid of the mini-program. The server adds the `Referer` of WeChat. */
export const appidHeader = 'x-playground-appid';

/** The header with the device. The server adds its user agent. */
export const phoneHeader = 'x-playground-phone';

/** The parameters of a phone's frame. */
export interface PhoneSettings {
  /** Unique on the page. */
  phone: string;
  appid: string;
  /** The user of the phone: a name in the emulator. */
  user: string;
  /** The service's address in the mini-program: the only origin in its list of domains. */
  serviceUrl: string;
}

export function phoneAddress(settings: PhoneSettings): string {
  return `${playgroundPath}phone.html?${new URLSearchParams({ ...settings }).toString()}`;
}

/** @throws {TypeError} if one is missing */
export function phoneSettings(query: string): PhoneSettings {
  const parameters = new URLSearchParams(query);
  const parameter = (name: string): string => {
    const value = parameters.get(name);
    if (!value) throw new TypeError(`phone.html wants ?${name}=`);
    return value;
  };
  return {
    phone: parameter('phone'),
    appid: parameter('appid'),
    user: parameter('user'),
    serviceUrl: parameter('serviceUrl').replace(/\/$/, ''),
  };
}
