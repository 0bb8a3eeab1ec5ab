import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import { validateBody } from '../validation/validate-body.js';
import { getClientIp } from '../http/client-ip.js';
import { UnsupportedMediaTypeError } from '../http/http.errors.js';
import type { HttpRequest } from '../http/http-request.js';
import { headerText } from '../http/header-text.js';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { LoginService, type LoginOutcome } from './login.service.js';
import { LoginRequest } from './login.request.js';

const maxIdempotencyKeyLength = 255;

/** Turns the code of wx.login into the user. */
@Injectable()
export class WechatCodeStrategy extends PassportStrategy(Strategy, 'wechat-code') {
  constructor(
    private readonly apps: WechatAppsService,
    private readonly codeLogin: LoginService,
  ) {
    super();
  }

  /** Guards run before pipes: the request is checked here, before a malformed one can spend its code. */
  async validate(request: HttpRequest): Promise<LoginOutcome> {
    const { body, headers } = request;
    const userAgent = headers['user-agent'];
    refuseForm(request);
    const { code, appid, phoneCode, consent, restore } = await validateBody(LoginRequest, body);
    const idempotencyKey = readIdempotencyKey(headers['idempotency-key']);
    const app = this.apps.choose(appid ?? undefined, headers.referer);
    return this.codeLogin.signIn(app, {
      appid: app.appid,
      code,
      phoneCode,
      policyVersion: consent?.policyVersion,
      restore,
      idempotencyKey,
      ip: getClientIp(request),
      userAgent: userAgent === undefined ? undefined : headerText(userAgent),
    });
  }
}

/**
 * A form would let any web page post a login on a visitor's behalf. The service itself parses none; other applications do.
 *
 * @throws {UnsupportedMediaTypeError}
 */
function refuseForm({ body, headers }: HttpRequest): void {
  const type = headers['content-type'];
  if (body === undefined || type === undefined || /^application\/json\b/i.test(type)) return;
  throw new UnsupportedMediaTypeError('Send JSON, with Content-Type: application/json.');
}

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ leaves form and length to the server. */
function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  const key = Array.isArray(header) ? header.join() : header;
  if (key === undefined || (key.length > 0 && key.length <= maxIdempotencyKeyLength)) return key;
  throw new InvalidRequestError(
    `The header Idempotency-Key must have 1 to ${maxIdempotencyKeyLength} characters.`,
  );
}
