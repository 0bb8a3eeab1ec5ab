import { Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiBody, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access.decorators.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import type { HttpRequest } from '../http/http-request.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { TakesXml, XmlBodies } from '../http/xml-bodies.js';
import { assertPushSignature, openPush } from '../wechat/message-push.js';
import { PushAppsService } from './push-apps.service.js';
import { PushMessagesService } from './push-messages.service.js';
import { CheckUrlRequest, ReceivePushRequest } from './push.request.js';

/** Where WeChat sends its message push: the URL of 消息推送 in the console of a mini-program. */
@Public()
@ServiceController('wechat/push')
@ApiTags('wechat')
@Problems('invalid_request', 'unknown_app', 'push_invalid')
export class PushController {
  constructor(
    private readonly apps: PushAppsService,
    private readonly messages: PushMessagesService,
    private readonly bodies: XmlBodies,
    private readonly host: HttpAdapterHost,
  ) {}

  /** The console of a mini-program tries the URL. The response is `echostr`. */
  @Get(':appid')
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  checkUrl(
    @Param('appid') appid: string,
    @ValidQuery() query: CheckUrlRequest,
    @Res() response: unknown,
  ): void {
    assertPushSignature(query, this.apps.getKeys(appid));
    this.answer(response, query.echostr);
  }

  /**
   * WeChat tells of an event. The response is `success`; what follows from the event is done after it. An encrypted message is
   * carried out once, a plain one is only logged.
   */
  @Post(':appid')
  @HttpCode(200)
  @NeedsDatabase()
  @TakesXml()
  @ApiBody({ schema: { type: 'object', properties: { Encrypt: { type: 'string' } } } })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async receive(
    @Param('appid') appid: string,
    @ValidQuery() { timestamp, nonce, signature, msg_signature: msgSignature }: ReceivePushRequest,
    @Req() request: HttpRequest,
    @Res() response: unknown,
  ): Promise<void> {
    const keys = this.apps.getKeys(appid);
    const message = openPush(
      await this.bodies.read(request),
      { timestamp, nonce, signature, msgSignature },
      keys,
    );
    await this.messages.receive(appid, message);
    this.answer(response, 'success');
  }

  /** By the framework itself: WeChat reads the bytes, so no interceptor is to change them. */
  private answer(response: unknown, text: string): void {
    const { httpAdapter } = this.host;
    const headers = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    };
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, text, 200);
  }
}
