import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AdminAppsController } from './admin-apps.controller.js';
import { AdminAuditController } from './admin-audit.controller.js';
import { AdminStatsController } from './admin-stats.controller.js';
import { AdminUsersController } from './admin-users.controller.js';
import { UserDetailsService } from './user-details.service.js';

/** Administration: /admin. */
@Module({
  imports: [AuditModule, AuthModule, SessionsModule, UsersModule, WechatModule],
  controllers: [AdminUsersController, AdminAuditController, AdminStatsController, AdminAppsController],
  providers: [UserDetailsService],
})
export class AdminModule {}
