import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-custom';
import { parseBody } from '../http/body.js';
import { clientAddress } from '../http/client-address.js';
import { type SignedIn, Users } from '../users/users.js';
import type { WechatApp } from '../config/settings.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import { WechatClient, type WechatSession } from '../wechat/wechat.client.js';
import { CodeInvalidError, CodeUsedError } from '../wechat/wechat.errors.js';
import { LoginLimit } from './login-limit.js';
import { LoginRequest } from './login.request.js';

/** Turns the code of wx.login into the user. */
@Injectable()
export class WechatCodeStrategy extends PassportStrategy(Strategy, 'wechat-code') {
  constructor(
    private readonly apps: WechatApps,
    private readonly wechat: WechatClient,
    private readonly users: Users,
    private readonly limit: LoginLimit,
  ) {
    super();
  }

  /** Guards run before pipes: the body is checked here, before a malformed request can spend its code. */
  async validate(request: FastifyRequest): Promise<SignedIn> {
    const { body, headers } = request;
    const ip = clientAddress(request);
    const { code, appid } = await parseBody(LoginRequest, body);
    const app = this.apps.choose(appid ?? undefined, headers.referer);
    const session = await this.exchange(app, code, ip);
    return this.users.signIn({ ...session, appid: app.appid, code, ip, userAgent: headers['user-agent'] });
  }

  /** A code that WeChat refuses counts against the address that sent it. */
  private async exchange(app: WechatApp, code: string, ip: string): Promise<WechatSession> {
    await this.limit.check(ip);
    try {
      return await this.wechat.code2Session(app, code);
    } catch (error) {
      if (error instanceof CodeInvalidError || error instanceof CodeUsedError) await this.limit.fail(ip);
      throw error;
    }
  }
}
