import { randomBytes } from 'node:crypto';

/** An error of WeChat: a number. The response adds a text and a request id. */
export class WechatError extends Error {
  constructor(readonly errcode: number) {
    super(`errcode ${errcode}`);
  }
}

/** The three families of paths. They differ in content type and error texts. */
export type Subsystem = 'sns' | 'cgi-bin' | 'wxa';

/** WeChat's error texts, with its mistakes. If no real answer is known, the text is from WeChat's documentation. */
const messages: Readonly<Record<number, string>> = {
  [-1]: 'system error',
  0: 'ok',
  1: 'data not exit',
  40001: 'invalid credential, access_token is invalid or not latest',
  40002: 'invalid grant_type',
  40003: 'invalid openid',
  40013: 'invalid appid',
  40014: 'invalid access_token',
  40029: 'invalid code',
  40066: 'invalid url',
  40097: 'invalid args',
  40125: 'invalid appsecret',
  40129: 'invalid scene',
  40163: 'code been used',
  40169: 'invalid length for scene, or the data is not json string',
  40226: 'code blocked',
  41001: 'access_token missing',
  41002: 'appid missing',
  41004: 'appsecret missing',
  41008: 'missing code',
  41030: 'invalid page',
  42001: 'access_token expired',
  43001: 'require GET method',
  43002: 'require POST method',
  43003: 'require https',
  43104: 'this appid does not have permission',
  44002: 'empty post data',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit  mustslower  retry next minute',
  47001: 'data format error',
  48001: 'api unauthorized',
  50002: 'user limited',
  61010: 'code is expired',
  87007: 'session_key is not existd or expired',
  87008: 'invalid sig_method',
  87009: 'invalid signature',
  87014: 'risky content',
};

const stableTokenAdvice =
  ', could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r';

export interface ErrorContext {
  subsystem: Subsystem;
  nowInSeconds: number;
  callerAddress: string;
}

/** The body of an error. */
export function errorFields(errcode: number, context: ErrorContext): { errcode: number; errmsg: string } {
  const message = messageOf(errcode, context);
  if (errcode === 0) return { errcode, errmsg: message };
  const separator = context.subsystem === 'sns' ? ', ' : ' ';
  return { errcode, errmsg: `${message}${separator}rid: ${newRequestId(context.nowInSeconds)}` };
}

function messageOf(errcode: number, { subsystem, callerAddress }: ErrorContext): string {
  if (errcode === 40001 && subsystem !== 'sns') return `${messages[40001]}${stableTokenAdvice}`;
  if (errcode === 40164) return whitelistMessage(callerAddress);
  return messages[errcode] ?? 'unknown error';
}

/** WeChat shows the caller's address in IPv4 and IPv6 form. */
function whitelistMessage(callerAddress: string): string {
  const address = callerAddress.replace(/^::ffff:/, '');
  const inVersion6 = address.includes(':') ? address : `::ffff:${address}`;
  return `invalid ip ${address} ipv6 ${inVersion6}, not in whitelist`;
}

/** Three groups of eight hexadecimal digits. The first group is the time of the request. */
export function newRequestId(nowInSeconds: number): string {
  const time = nowInSeconds.toString(16).padStart(8, '0');
  return `${time}-${randomBytes(4).toString('hex')}-${randomBytes(4).toString('hex')}`;
}
