import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AccountController } from './account.controller.js';

/** The signed-in person: /me. */
@Module({ imports: [AuthModule, UsersModule, WechatModule], controllers: [AccountController] })
export class AccountModule {}
