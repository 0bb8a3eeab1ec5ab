import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { Uploads } from '../http/uploads.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AccountExportService } from './account-export.service.js';
import { AccountController } from './account.controller.js';
import { AvatarController } from './avatar.controller.js';
import { AvatarFilesController } from './avatar-files.controller.js';
import { IdentitiesController } from './identities.controller.js';
import { MeService } from './me.service.js';
import { OpenDataController } from './open-data.controller.js';
import { OpenDataLimiter } from './open-data-limiter.js';
import { SessionsController } from './sessions.controller.js';

/** The signed-in user: /me; and the files of avatars. */
@Module({
  imports: [AuditModule, AuthModule, SessionsModule, UsersModule, WechatModule],
  controllers: [
    AccountController,
    AvatarController,
    AvatarFilesController,
    IdentitiesController,
    OpenDataController,
    SessionsController,
  ],
  providers: [AccountExportService, MeService, OpenDataLimiter, Uploads],
})
export class AccountModule {}
