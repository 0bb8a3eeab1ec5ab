/** Where the playground is, below the origin of the service: nothing that a phone asks for leaves that origin. */
export const playgroundPath = '/playground/';

/**
 * What WeChat does on a phone: POST `<wechatPath>wx/login` with `{appid, user}` is answered as the emulator answers
 * `/__emulator__/wx/login`.
 */
export const wechatPath = `${playgroundPath}wechat/`;

/** `wx.request` to the service: `<servicePath>/me` is sent on to `/me`, looking as if it came from WeChat. */
export const servicePath = `${playgroundPath}service`;

/** Names the mini-program that sends, so that the server can add the `Referer` that WeChat adds. */
export const appidHeader = 'x-playground-appid';

/** Names the device that sends, so that the server can make it look like one of its kind. */
export const phoneHeader = 'x-playground-phone';

/** What a phone's frame is told by its address. */
export interface PhoneSettings {
  /** Tells the phones of a page apart. */
  phone: string;
  appid: string;
  /** The person who holds it, as the emulator names them. */
  user: string;
  /** Where the mini-program believes the service to be; the only origin in its list of domains. */
  serviceUrl: string;
}

export function phoneAddress(settings: PhoneSettings): string {
  return `${playgroundPath}phone.html?${new URLSearchParams({ ...settings }).toString()}`;
}

/** @throws {TypeError} where one is missing */
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
