import { HttpModule } from '@nestjs/axios';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Dispatcher } from 'undici';
import { Settings } from '../config/settings.js';
import { WechatAccessTokens } from './access-token.js';
import { PhoneNumberClient } from './phone-number.client.js';
import { SessionKeyClient } from './session-key.client.js';
import { TextCheckClient } from './text-check.client.js';
import { undiciAdapter } from './undici.adapter.js';
import { WechatApps } from './wechat-apps.js';
import { WechatCalls } from './wechat-calls.js';
import { connectToWechat, wechatConnections } from './wechat-connections.js';
import { WechatInterfaces } from './wechat-interfaces.js';
import { WechatRequests } from './wechat-requests.js';
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
    WechatApps,
    WechatCalls,
    WechatRequests,
    WechatClient,
    WechatAccessTokens,
    WechatInterfaces,
    SessionKeyClient,
    PhoneNumberClient,
    TextCheckClient,
  ],
  exports: [WechatApps, WechatClient, SessionKeyClient, PhoneNumberClient, TextCheckClient],
})
export class WechatModule {}
