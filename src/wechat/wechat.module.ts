import { HttpModule } from '@nestjs/axios';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'undici';
import { Settings } from '../config/settings.js';
import { WechatAccessTokens } from './access-token.js';
import { PhoneNumberClient } from './phone-number.client.js';
import { SessionKeyClient } from './session-key.client.js';
import { TextCheckClient } from './text-check.client.js';
import { undiciAdapter } from './undici.adapter.js';
import { WechatApps } from './wechat-apps.js';
import { WechatCalls } from './wechat-calls.js';
import { WechatInterfaces } from './wechat-interfaces.js';
import { WechatRequests } from './wechat-requests.js';
import { WechatClient } from './wechat.client.js';

/** Connections to WeChat, kept open between calls. */
@Module({
  providers: [
    {
      provide: Pool,
      inject: [Settings],
      // As many connections as there are calls, which `WechatCalls` bounds.
      useFactory: ({ wechatBaseUrl }: Settings) =>
        new Pool(new URL(wechatBaseUrl).origin, {
          keepAliveTimeout: 30_000,
          // WeChat's JSON is a few hundred bytes; whatever is far longer is not its answer.
          maxResponseSize: 1_048_576,
        }),
    },
  ],
  exports: [Pool],
})
class ConnectionsModule implements OnApplicationShutdown {
  constructor(private readonly connections: Pool) {}

  async onApplicationShutdown(): Promise<void> {
    await this.connections.destroy();
  }
}

/** All that talks to WeChat. */
@Module({
  imports: [
    HttpModule.registerAsync({
      imports: [ConnectionsModule],
      inject: [Settings, Pool],
      useFactory: ({ wechatBaseUrl }: Settings, connections: Pool) => ({
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
