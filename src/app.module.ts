import { Module } from '@nestjs/common';
import { AccountModule } from './account/account.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CryptoModule } from './crypto/crypto.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { schema } from './schema.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StorageModule } from './storage/storage.module.js';
import { UsersModule } from './users/users.module.js';
import { WechatModule } from './wechat/wechat.module.js';

/** The rooms of the house, from the ground up; docs/architecture.md has the plan. */
@Module({
  imports: [
    CryptoModule, //                   secrets at rest
    DatabaseModule.register(schema), // Postgres
    StorageModule, //                  files
    WechatModule, //                   WeChat's server
    AuditModule, //                    the books
    SessionsModule, //                 staying in
    UsersModule, //                    who a person is
    AuthModule, //                     getting in: POST /auth/login, JwtGuard
    AccountModule, //                  the signed-in person: /me, and the avatars
    AdminModule, //                    the operator: /admin
    HealthModule, //                   am I well: /health
  ],
})
export class AppModule {}
