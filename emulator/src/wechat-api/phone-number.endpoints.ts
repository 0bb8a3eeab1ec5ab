import { requireAuthorizedApp } from './access-token.endpoints.js';
import type { EndpointAnswer } from './endpoint.js';
import { parseJsonBody, textField } from './json-body.js';
import type { UpstreamRequest } from './upstream-request.js';
import { WechatError } from './wechat-errors.js';
import type { WechatState } from '../state/wechat-state.js';

/**
 * POST /wxa/business/getuserphonenumber: returns the phone number of a getPhoneNumber code.
 * See "getPhoneNumber", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
 */
export function getUserPhoneNumber(wechat: WechatState, request: UpstreamRequest): EndpointAnswer {
  const appid = requireAuthorizedApp(wechat, request);
  const fields = parseJsonBody(request.body);
  const code = textField(fields, 'code') ?? '';
  const openid = textField(fields, 'openid');
  const info = wechat.phoneNumbers.findUnused(code, appid, openid, wechat.clock.now());
  return {
    fields: { errcode: 0, errmsg: 'ok', phone_info: info },
    effect: () => wechat.phoneNumbers.spendCode(code),
  };
}

/**
 * POST /wxa/business/checkencryptedmsg: whether an encrypted phone number was made by WeChat.
 * See "checkEncryptedData", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/basic-info/checkEncryptedData.html
 */
export function checkEncryptedMessage(wechat: WechatState, request: UpstreamRequest): EndpointAnswer {
  const appid = requireAuthorizedApp(wechat, request);
  const hash = textField(parseJsonBody(request.body), 'encrypted_msg_hash') ?? '';
  if (!/^[0-9a-f]{64}$/i.test(hash)) throw new WechatError(40097);
  const found = wechat.phoneNumbers.findEncrypted(hash.toLowerCase(), wechat.clock.now());
  if (!found) throw new WechatError(1);
  return {
    fields: {
      errcode: 0,
      errmsg: 'ok',
      // WeChat spells it so.
      vaild: found.appid === appid,
      create_time: Math.floor(found.madeAt / 1000),
    },
  };
}
