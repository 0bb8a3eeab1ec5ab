import { WechatApiError } from './wechat-api.error.js';
import { WechatUnavailableError } from './wechat.errors.js';

/** What WeChat said yes with. */
export type WechatFields = Readonly<Record<string, unknown>>;

/**
 * Reads an answer of WeChat's. The status is 200 and the content type often `text/plain`, whatever happened:
 * only the body counts. Successes of the `/sns` interfaces carry no `errcode`, others carry 0; unknown fields
 * are ignored.
 *
 * @throws {WechatUnavailableError} `busy` for -1; `malformed` for what WeChat would never write: a proxy's HTML,
 *   a truncated or empty body, an error status; `refused` for a status of 4xx
 */
export function readResponse(status: number, body: string): WechatFields | WechatApiError {
  if (status >= 400 && status < 500) {
    throw new WechatUnavailableError('refused', answerWas(`status ${status}`));
  }
  if (status !== 200) throw malformed(`status ${status}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw malformed(`${body.length} characters that are not JSON`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw malformed('no JSON object');
  }
  const fields = parsed as Record<string, unknown>;
  const { errcode = 0, errmsg = '' } = fields;
  if (typeof errcode !== 'number' || !Number.isInteger(errcode)) {
    throw malformed('an errcode that is no number');
  }
  if (errcode === -1) throw new WechatUnavailableError('busy');
  if (errcode !== 0) return new WechatApiError(errcode, typeof errmsg === 'string' ? errmsg : '');
  return fields;
}

/**
 * The session_key in an answer: base64 of 16 bytes.
 *
 * @throws {WechatUnavailableError} `malformed`
 */
export function readSessionKey({ session_key: sessionKey }: WechatFields): string {
  if (typeof sessionKey === 'string' && /^[A-Za-z0-9+/]{22}==$/.test(sessionKey)) return sessionKey;
  throw malformed('without a session_key of 16 bytes');
}

/** What was found instead of an answer. Never quotes the body, which may hold a session_key. */
export function malformed(found: string): WechatUnavailableError {
  return new WechatUnavailableError('malformed', answerWas(found));
}

function answerWas(found: string): { cause: Error } {
  return { cause: new Error(`WeChat's answer was ${found}`) };
}
