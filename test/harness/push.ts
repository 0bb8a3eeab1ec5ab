import { encryptPush, signPush } from '../../src/wechat/message-push.js';
import type { Answer, ServiceNode } from './node.js';
import { apps } from './apps.js';
import { tea, type World } from './world.js';

/** What the console of each mini-program has under 消息推送. */
export const pushSettings = {
  token: 'tokenOfTheConsole',
  encodingAesKey: 'EncodingAesKeyOfTheConsole'.padEnd(43, 'x'),
};

/** `WECHAT_APPS` with the push of all but the last. */
export const wechatAppsWithPush = JSON.stringify(
  apps.map(({ appid, secret }, index) => ({
    appid,
    secret,
    ...(index < apps.length - 1 && { push: pushSettings }),
  })),
);

/** How to write a message otherwise than WeChat does. */
export interface Forgery {
  appid?: string;
  /** Seconds from now. */
  seconds?: number;
  /** Of the query. */
  query?: Record<string, string | undefined>;
  /** The body instead of an encrypted message. */
  body?: string;
  contentType?: string;
}

/** The query with which WeChat signs a push. */
export function signedQuery(encrypted?: string, seconds = 0): Record<string, string> {
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1_000) + seconds), '415670741'];
  return {
    signature: signPush(pushSettings.token, timestamp, nonce),
    timestamp,
    nonce,
    ...(encrypted !== undefined && {
      encrypt_type: 'aes',
      msg_signature: signPush(pushSettings.token, timestamp, nonce, encrypted),
    }),
  };
}

/** Sends a node what WeChat would send: the members of a message, or text, encrypted. */
export function sendPush(
  node: ServiceNode,
  message: object | string,
  { appid = tea.appid, seconds, query = {}, body, contentType = 'application/json' }: Forgery = {},
): Promise<Answer> {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  const encrypted = encryptPush(text, { appid, ...pushSettings });
  return postPush(node, body ?? JSON.stringify({ ToUserName: 'gh_1', Encrypt: encrypted }), {
    appid,
    query: { ...signedQuery(encrypted, seconds), ...query },
    contentType,
  });
}

/** Posts a body to the push URL of a mini-program. */
export function postPush(
  node: ServiceNode,
  body: string,
  { appid = tea.appid, query = {}, contentType = 'application/json' }: Forgery = {},
): Promise<Answer> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const path = `/wechat/push/${appid}?${new URLSearchParams(given).toString()}`;
  return node.post(path, body, {
    headers: { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) },
  });
}

/** Has the emulator push the events of a mini-program to a service. */
export async function configurePush(
  world: World,
  serviceUrl: string,
  {
    appid = tea.appid,
    mode = 'secure',
    format = 'json',
  }: { appid?: string; mode?: string; format?: string } = {},
): Promise<void> {
  const url = `${serviceUrl}/wechat/push/${appid}`;
  await world.control('POST', '/apps', { appid, push: { url, mode, format, ...pushSettings } });
}

/** The openid of a user in a mini-program. */
export async function openidOf(world: World, user: string, appid: string = tea.appid): Promise<string> {
  const { openids } = await world.control('POST', '/users', { id: user });
  return openids[appid];
}
