import { requireAuthorizedApp } from './access-token.endpoints.js';
import { normalLabel, type ContentWord } from '../state/content-words.js';
import type { EndpointAnswer } from './endpoint.js';
import { parseJsonBody, textField } from './json-body.js';
import type { JsonObject } from '../json.js';
import type { UpstreamRequest } from './upstream-request.js';
import { newRequestId, WechatError } from './wechat-errors.js';
import type { WechatState } from '../state/wechat-state.js';

/** WeChat checks the texts of a user for so long after the last `wx.login`. */
const activeSeconds = 7200;

const contentLengthMaximum = 2500;

/** WeChat's scenes: profile, comment, forum, social log. */
const scenes: readonly unknown[] = [1, 2, 3, 4];
const profileScene = 1;

/**
 * POST /wxa/msg_sec_check: checks whether a text may be shown.
 * See "msgSecCheck", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/msgSecCheck.html
 */
export function checkMessage(wechat: WechatState, request: UpstreamRequest): EndpointAnswer {
  const appid = requireAuthorizedApp(wechat, request);
  const fields = parseJsonBody(withoutUnicodeEscapes(request.body));
  const version = Number(fields['version'] ?? 1);
  if (version === 1) return checkInFirstVersion(wechat, fields);
  if (version !== 2) throw new WechatError(47001);
  requireActiveUser(wechat, appid, textField(fields, 'openid') ?? '');
  if (!scenes.includes(fields['scene'])) throw new WechatError(40129);
  return { fields: judge(wechat, wordsIn(wechat, [requiredContent(fields), ...furtherTexts(fields)])) };
}

/** The old version, before 2021: it checks one text, and answers with an error instead of a result. */
function checkInFirstVersion(wechat: WechatState, fields: JsonObject): EndpointAnswer {
  if (wordsIn(wechat, [requiredContent(fields)]).some(({ suggest }) => suggest === 'risky')) {
    throw new WechatError(87014);
  }
  return { fields: { errcode: 0, errmsg: 'ok' } };
}

/** This endpoint does not decode `\uXXXX`, so that texts sent in that form always pass. */
function withoutUnicodeEscapes(body: string): string {
  return body.replace(/\\(.)/g, (escape, letter) => (letter === 'u' ? '\\\\u' : escape));
}

function requireActiveUser(wechat: WechatState, appid: string, openid: string): void {
  const session = wechat.sessions.find(openid);
  if (!session) throw new WechatError(40003);
  if (session.appid !== appid) throw new WechatError(43104);
  if (wechat.clock.now() - (session.loggedInAt ?? -Infinity) >= activeSeconds * 1000) {
    throw new WechatError(61010);
  }
}

function requiredContent(fields: JsonObject): string {
  const content = textField(fields, 'content');
  if (!content) throw new WechatError(44002);
  if ([...content].length > contentLengthMaximum) throw new WechatError(47001);
  return content;
}

function furtherTexts(fields: JsonObject): string[] {
  const names = ['title', 'nickname', ...(fields['scene'] === profileScene ? ['signature'] : [])];
  return names.map((name) => textField(fields, name) ?? '');
}

function wordsIn({ settings }: WechatState, texts: readonly string[]): ContentWord[] {
  return settings.contentWords.filter(({ word }) => texts.some((text) => text.includes(word)));
}

function judge(wechat: WechatState, words: readonly ContentWord[]): object {
  const worst = words.find(({ suggest }) => suggest === 'risky') ?? words[0];
  const result = { suggest: worst?.suggest ?? 'pass', label: worst?.label ?? normalLabel };
  const byKeyword = words.map(({ word, suggest, label }) => ({
    strategy: 'keyword',
    errcode: 0,
    suggest,
    label,
    level: 90,
    keyword: word,
  }));
  return {
    errcode: 0,
    errmsg: 'ok',
    detail: [
      ...(byKeyword.length > 0 ? byKeyword : [{ strategy: 'keyword', errcode: 0 }]),
      { strategy: 'content_model', errcode: 0, ...result, prob: 90 },
    ],
    trace_id: newRequestId(wechat.clock.nowInSeconds()),
    result,
  };
}
