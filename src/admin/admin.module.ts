import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AdminUsersController } from './admin-users.controller.js';

/** The operator: /admin. */
@Module({
  imports: [AuthModule, SessionsModule, UsersModule, WechatModule],
  controllers: [AdminUsersController],
})
export class AdminModule {}
