import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { AuditModule } from '../audit/audit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { CodeLogin } from './code-login.js';
import { DiscoveryController } from './discovery.controller.js';
import { JwtGuard } from './jwt.guard.js';
import { LoginLimit } from './login-limit.js';
import { RefreshLimit } from './refresh-limit.js';
import { RetiredKeysChore } from './retired-keys.chore.js';
import { SigningKeys } from './signing-keys.js';
import { UserLimits } from './user-limits.js';
import { VerifyController } from './verify.controller.js';
import { WechatCodeStrategy } from './wechat-code.strategy.js';

/** Getting in: a code becomes a user, a user gets tokens, a token opens guarded routes. */
@Module({
  imports: [PassportModule, JwtModule, AuditModule, SessionsModule, UsersModule, WechatModule],
  controllers: [AuthController, DiscoveryController, VerifyController],
  providers: [
    AccessTokens,
    CodeLogin,
    JwtGuard,
    LoginLimit,
    RefreshLimit,
    SigningKeys,
    RetiredKeysChore,
    UserLimits,
    WechatCodeStrategy,
  ],
  // The guard and the limits per user are made anew in each module that uses them, and ask for what these have.
  exports: [AccessTokens, CodeLogin, JwtGuard, SessionsModule, SigningKeys, UserLimits],
})
export class AuthModule {}
