import { HttpModule } from '@nestjs/axios';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Dispatcher } from 'undici';
import { Settings } from '../config/settings.js';
import { WechatAccessTokensService } from './wechat-access-tokens.service.js';
import { MiniProgramCodeClient } from './mini-program-code.client.js';
import { PhoneNumberClient } from './phone-number.client.js';
import { SessionKeyClient } from './session-key.client.js';
import { TextCheckClient } from './text-check.client.js';
import { undiciAdapter } from './undici.adapter.js';
import { WechatAppsService } from './wechat-apps.service.js';
import { WechatResilience } from './wechat-resilience.js';
import { connectToWechat, wechatConnections } from './wechat-connections.js';
import { WechatAuthorizedApi } from './wechat-authorized-api.js';
import { WechatHttpClient } from './wechat-http.client.js';
import { WechatClient } from './wechat.client.js';

/** Connections to WeChat, kept open between calls. */
@Module({
  providers: [{ provide: wechatConnections, inject: [Settings], useFactory: connectToWechat }],
  exports: [wechatConnections],
})
class ConnectionsModule implements OnApplicationShutdown {
  constructor(@Inject(wechatConnections) private readonly connections: Dispatcher) {}

  async onApplicationShutdown(): Promise<void> {
    await this.connections.destroy();
  }
}

/** All that talks to WeChat. */
@Module({
  imports: [
    ConnectionsModule,
    HttpModule.registerAsync({
      imports: [ConnectionsModule],
      inject: [Settings, wechatConnections],
      useFactory: ({ wechatBaseUrl }: Settings, connections: Dispatcher) => ({
        baseURL: wechatBaseUrl,
        adapter: undiciAdapter(connections),
        responseType: 'text',
        // The text as it came: axios would try to parse it, and quietly keep what it cannot parse.
        transformResponse: (text: string) => text,
      }),
    }),
  ],
  providers: [
    WechatAppsService,
    WechatResilience,
    WechatHttpClient,
    WechatClient,
    WechatAccessTokensService,
    WechatAuthorizedApi,
    SessionKeyClient,
    MiniProgramCodeClient,
    PhoneNumberClient,
    TextCheckClient,
  ],
  exports: [
    WechatAppsService,
    WechatResilience,
    WechatHttpClient,
    WechatClient,
    WechatAccessTokensService,
    SessionKeyClient,
    MiniProgramCodeClient,
    PhoneNumberClient,
    TextCheckClient,
  ],
})
export class WechatModule {}
