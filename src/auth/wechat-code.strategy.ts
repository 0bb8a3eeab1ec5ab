import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-custom';
import { parseBody } from '../http/body.js';
import { type SignedIn, Users } from '../users/users.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import { WechatClient } from '../wechat/wechat.client.js';
import { LoginRequest } from './login.request.js';

/** Turns the code of wx.login into the user. */
@Injectable()
export class WechatCodeStrategy extends PassportStrategy(Strategy, 'wechat-code') {
  constructor(
    private readonly apps: WechatApps,
    private readonly wechat: WechatClient,
    private readonly users: Users,
  ) {
    super();
  }

  /** Guards run before pipes: the body is checked here, before a malformed request can spend its code. */
  async validate({ body, headers, ip }: FastifyRequest): Promise<SignedIn> {
    const { code, appid } = await parseBody(LoginRequest, body);
    const app = this.apps.choose(appid, headers.referer);
    const session = await this.wechat.code2Session(app, code);
    return this.users.signIn({ ...session, appid: app.appid, code, ip, userAgent: headers['user-agent'] });
  }
}
