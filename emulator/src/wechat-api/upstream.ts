import { STATUS_CODES } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { findAccessToken, plainToken, stableToken } from './access-token.endpoints.js';
import { codeToSession } from './code-to-session.endpoint.js';
import { checkMessage } from './content-check.endpoint.js';
import type { Endpoint, EndpointAnswer } from './endpoint.js';
import { standsInForWechat, type Fault } from '../state/faults.js';
import type { HttpAnswer } from '../http-answer.js';
import { isJsonObject, parseJson } from '../json.js';
import { getUnlimitedCode } from './mini-program-code.endpoint.js';
import { checkEncryptedMessage, getUserPhoneNumber } from './phone-number.endpoints.js';
import { checkSessionKey, resetUserSessionKey } from './session-key.endpoints.js';
import type { UpstreamRequest } from './upstream-request.js';
import { errorFields, WechatError, type Subsystem } from './wechat-errors.js';
import type { WechatState } from '../state/wechat-state.js';

const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/sns/jscode2session', { method: 'GET', answer: codeToSession }],
  ['/cgi-bin/token', { method: 'GET', answer: plainToken }],
  ['/cgi-bin/stable_token', { method: 'POST', answer: stableToken }],
  ['/wxa/checksession', { method: 'GET', answer: checkSessionKey }],
  ['/wxa/resetusersessionkey', { method: 'GET', answer: resetUserSessionKey }],
  ['/wxa/business/getuserphonenumber', { method: 'POST', answer: getUserPhoneNumber }],
  ['/wxa/business/checkencryptedmsg', { method: 'POST', answer: checkEncryptedMessage }],
  ['/wxa/getwxacodeunlimit', { method: 'POST', answer: getUnlimitedCode }],
  ['/wxa/msg_sec_check', { method: 'POST', answer: checkMessage }],
]);

/** What a proxy may answer instead of WeChat. */
const proxyPage = `<!DOCTYPE html>
<html>
<head><title>Proxy</title></head>
<body><h1>The proxy could not reach the server</h1></body>
</html>
`;

/**
 * Answers a call as WeChat does, or as the matching fault says. Undefined means that the connection must be
 * reset. Rejects if the signal comes before the answer is due.
 */
export async function answerUpstream(
  wechat: WechatState,
  request: UpstreamRequest,
  callerLeft: AbortSignal,
): Promise<HttpAnswer | undefined> {
  const tellOfAnswer = wechat.requests.add(request, wechat.clock.now());
  let answer: HttpAnswer | undefined;
  try {
    answer = await answerOrFault(wechat, request, callerLeft);
  } finally {
    tellOfAnswer(answer);
  }
  return answer;
}

async function answerOrFault(
  wechat: WechatState,
  request: UpstreamRequest,
  callerLeft: AbortSignal,
): Promise<HttpAnswer | undefined> {
  const fault = wechat.faults.take(request.path, () => appidBehind(wechat, request));
  if (fault) return answerWithFault(wechat, request, fault, callerLeft);
  if (!subsystemOf(request.path)) return { status: 404, contentType: 'text/plain', body: 'Not Found\n' };
  return toHttpAnswer(wechat, request.path, call(wechat, request, { takesEffect: true }));
}

async function answerWithFault(
  wechat: WechatState,
  request: UpstreamRequest,
  fault: Fault,
  callerLeft: AbortSignal,
): Promise<HttpAnswer | undefined> {
  const isReplaced = standsInForWechat(fault);
  const lostAnswer = fault.spend ? call(wechat, request, { takesEffect: true }) : undefined;
  if (fault.delayMs !== undefined) await delay(fault.delayMs, undefined, { signal: callerLeft });
  if (fault.reset) return undefined;
  const status = fault.httpStatus ?? 200;
  if (fault.body === 'html') return { status, contentType: 'text/html', body: proxyPage };
  if (fault.body === 'empty') return { status, contentType: contentTypeOf(wechat, request.path), body: '' };
  if (fault.httpStatus !== undefined && fault.errcode === undefined && fault.body === undefined) {
    return { status, contentType: 'text/plain', body: `${STATUS_CODES[status] ?? 'Unknown'}\n` };
  }
  const { fields, image } =
    fault.errcode === undefined
      ? (lostAnswer ?? call(wechat, request, { takesEffect: !isReplaced }))
      : { fields: refusal(wechat, request, fault.errcode), image: undefined };
  const answer = toHttpAnswer(wechat, request.path, { fields: withUnknownFields(fields, fault), image });
  return { ...answer, status, body: fault.body === 'truncated' ? firstHalf(answer.body) : answer.body };
}

/** Returns WeChat's answer. With `takesEffect: false`, the call changes nothing. */
function call(
  wechat: WechatState,
  request: UpstreamRequest,
  { takesEffect }: { takesEffect: boolean },
): Pick<EndpointAnswer, 'fields' | 'image'> {
  try {
    const answer = endpointFor(request).answer(wechat, request);
    if (takesEffect) answer.effect?.();
    return answer;
  } catch (error) {
    if (error instanceof WechatError) return { fields: refusal(wechat, request, error.errcode) };
    throw error;
  }
}

function endpointFor({ method, path }: UpstreamRequest): Endpoint {
  const endpoint = endpoints.get(path);
  if (!endpoint) throw new WechatError(40066);
  if (endpoint.method !== method) throw new WechatError(endpoint.method === 'GET' ? 43001 : 43002);
  return endpoint;
}

function refusal(wechat: WechatState, { path, callerAddress }: UpstreamRequest, errcode: number): object {
  return errorFields(errcode, {
    subsystem: subsystemOf(path) ?? 'cgi-bin',
    nowInSeconds: wechat.clock.nowInSeconds(),
    callerAddress,
  });
}

function toHttpAnswer(
  wechat: WechatState,
  path: string,
  { fields, image }: Pick<EndpointAnswer, 'fields' | 'image'>,
): HttpAnswer {
  if (image) return { status: 200, ...image };
  return { status: 200, contentType: contentTypeOf(wechat, path), body: JSON.stringify(fields) };
}

/** The older families send JSON as plain text, so parsers that trust the header fail. */
function contentTypeOf(wechat: WechatState, path: string): string {
  return subsystemOf(path) === 'wxa' ? wechat.settings.wxaContentType : 'text/plain';
}

function subsystemOf(path: string): Subsystem | undefined {
  const [, first] = path.split('/');
  return (['sns', 'cgi-bin', 'wxa'] as const).find((subsystem) => subsystem === first);
}

function withUnknownFields(fields: object, { unknownFields }: Fault): object {
  return unknownFields ? { ...fields, unknown_field: 'added', unknown_object: { added: true } } : fields;
}

function firstHalf(body: string | Buffer): string | Buffer {
  const half = Math.floor(body.length / 2);
  return Buffer.isBuffer(body) ? body.subarray(0, half) : body.slice(0, half);
}

/** The app that made a call, if the call shows it. */
function appidBehind(wechat: WechatState, { query, body }: UpstreamRequest): string | undefined {
  const fields = parseJson(body);
  const inBody = isJsonObject(fields) ? fields['appid'] : undefined;
  const token = findAccessToken(wechat, query.get('access_token') ?? '');
  return query.get('appid') ?? token?.appid ?? (typeof inBody === 'string' ? inBody : undefined);
}
