import { Module } from '@nestjs/common';
import { XmlBodies } from '../http/xml-bodies.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { PushAppsService } from './push-apps.service.js';
import { PushController } from './push.controller.js';
import { PushMessagesJob } from './push-messages.job.js';
import { PushMessagesService } from './push-messages.service.js';

/** WeChat's message push: /wechat/push. */
@Module({
  imports: [UsersModule, WechatModule],
  controllers: [PushController],
  providers: [PushAppsService, PushMessagesJob, PushMessagesService, XmlBodies],
})
export class PushModule {}
