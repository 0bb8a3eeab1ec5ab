import { randomBytes, randomInt } from 'node:crypto';
import { ControlError } from '../control/control-input.js';
import type { App } from '../state/apps.js';
import { openidOf, pushSenderOf, pushReceiverOf } from '../state/identifiers.js';
import type { WechatState } from '../state/wechat-state.js';
import { decryptPush, encryptPush, signPush } from './push-cipher.js';
import { contentTypes, formatMessage, readReply, type PushMembers } from './push-format.js';

/** WeChat waits so long for an answer, and sends a message so often. */
const answerMilliseconds = 5000;
const maxAttempts = 3;

/** What a backend has answered. */
export interface PushAnswer {
  /** How often the message was sent. */
  attempts: number;
  /** Of the last answer; missing if there was none. */
  status?: number;
  contentType?: string;
  body?: string;
  /** The decrypted reply, if there is one. */
  reply?: string;
  /** Why WeChat would not accept the answer. */
  error?: string;
}

/** An HTTP request of WeChat's. */
interface PushRequest {
  url: URL;
  body?: string;
}

/**
 * Sends an event about a user to the backend of an app. Sends it again if there is no answer with the status 200 within five
 * seconds, up to three times in total.
 *
 * @param given further members, and others than the usual ones
 */
export async function sendPush(
  wechat: WechatState,
  app: App,
  { user, event, given }: { user: string; event: string; given: PushMembers },
): Promise<PushAnswer> {
  requireUrl(app);
  wechat.users.getOrCreate(user);
  const members: PushMembers = {
    ToUserName: pushReceiverOf(app.appid),
    FromUserName: pushSenderOf(app.appid),
    CreateTime: wechat.clock.nowInSeconds(),
    MsgType: 'event',
    Event: event,
    OpenID: openidOf(app.appid, user),
    AppID: app.appid,
    ...given,
  };
  let request = createRequest(wechat, app, members);
  for (let attempts = 1; ; attempts += 1) {
    const answer = await send(request, contentTypes[app.push.format]);
    if (answer.error === undefined || attempts === maxAttempts) {
      return { attempts, ...answer, ...(answer.error === undefined && checkReply(app, answer.body ?? '')) };
    }
    if (wechat.settings.pushRetry === 'fresh') request = createRequest(wechat, app, members);
  }
}

/** Tries the URL, as the console does when a developer saves it: the answer must be `echostr`, and nothing else. */
export async function checkPushUrl(wechat: WechatState, app: App): Promise<PushAnswer> {
  const url = requireUrl(app);
  const echostr = String(randomBytes(8).readBigUInt64BE());
  for (const [name, value] of signedQuery(wechat, app)) url.searchParams.set(name, value);
  url.searchParams.set('echostr', echostr);
  const answer = await send({ url });
  if (answer.error !== undefined || answer.body === echostr) return { attempts: 1, ...answer };
  return { attempts: 1, ...answer, error: `the body must be ${echostr}, and nothing else` };
}

function requireUrl({ appid, push: { url } }: App): URL {
  if (url !== undefined) return new URL(url);
  throw new ControlError(
    `the app ${appid} has no push.url: POST /__emulator__/apps {"appid": "${appid}", "push": {"url": "http://…"}}`,
  );
}

function signedQuery(wechat: WechatState, { push: { token } }: App): Map<string, string> {
  const [timestamp, nonce] = [String(wechat.clock.nowInSeconds()), String(randomInt(1e9, 2e9))];
  return new Map([
    ['signature', signPush(token, timestamp, nonce)],
    ['timestamp', timestamp],
    ['nonce', nonce],
  ]);
}

function createRequest(wechat: WechatState, app: App, members: PushMembers): PushRequest {
  const { token, encodingAesKey, mode, format } = app.push;
  const url = requireUrl(app);
  const query = signedQuery(wechat, app).set('openid', String(members['FromUserName']));
  const message = formatMessage(format, members);
  let body = message;
  if (mode !== 'plain') {
    const encrypted = encryptPush(message, { appid: app.appid, encodingAesKey });
    query.set('encrypt_type', 'aes');
    query.set('msg_signature', signPush(token, query.get('timestamp')!, query.get('nonce')!, encrypted));
    const plain = mode === 'compatible' ? members : { ToUserName: members['ToUserName']! };
    body = formatMessage(format, { ...plain, Encrypt: encrypted });
  }
  for (const [name, value] of query) url.searchParams.set(name, value);
  return { url, body };
}

async function send({ url, body }: PushRequest, contentType?: string): Promise<Omit<PushAnswer, 'attempts'>> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body !== undefined && { body, headers: { 'content-type': contentType! } }),
      redirect: 'manual',
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    const answer = {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      body: await response.text(),
    };
    return response.status === 200 ? answer : { ...answer, error: 'the status is not 200' };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return { error: isLate ? 'no answer within five seconds' : `no answer: ${reasonOf(error)}` };
  }
}

/** Nothing is to be said with an empty body or `success`. Any other reply must be encrypted in secure mode. */
function checkReply({ appid, push }: App, body: string): Pick<PushAnswer, 'reply' | 'error'> {
  const { token, encodingAesKey, mode, format } = push;
  if (body === '' || body === 'success') return {};
  if (mode === 'plain' || (mode === 'compatible' && !body.includes('Encrypt'))) return { reply: body };
  try {
    const { encrypt, msgSignature, timestamp, nonce } = readReply(format, body);
    if (signPush(token, timestamp, nonce, encrypt) !== msgSignature) throw new Error('MsgSignature is wrong');
    return { reply: decryptPush(encrypt, { appid, encodingAesKey }) };
  } catch (error) {
    return { error: `the reply is not acceptable: ${reasonOf(error)}` };
  }
}

/** `fetch` hides the reason behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
