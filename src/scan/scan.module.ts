import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { DevicePageController } from './device-page.controller.js';
import { ExpiredScansJob } from './expired-scans.job.js';
import { OAuthController } from './oauth.controller.js';
import { ScanCodesController } from './scan-codes.controller.js';
import { ScanEventsService } from './scan-events.service.js';
import { ScanGuessLimiter } from './scan-guess-limiter.js';
import { ScanImagesService } from './scan-images.service.js';
import { ScansController } from './scans.controller.js';
import { ScansService } from './scans.service.js';
import { WebClientsService } from './web-clients.service.js';
import { WebTokensService } from './web-tokens.service.js';

/** Sign-in on the web by scanning: /oauth, /me/scans. */
@Module({
  imports: [AuditModule, AuthModule, SessionsModule, UsersModule, WechatModule],
  controllers: [DevicePageController, OAuthController, ScanCodesController, ScansController],
  providers: [
    ExpiredScansJob,
    ScanEventsService,
    ScanGuessLimiter,
    ScanImagesService,
    ScansService,
    WebClientsService,
    WebTokensService,
  ],
})
export class ScanModule {}
