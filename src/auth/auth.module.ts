import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { AuditModule } from '../audit/audit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AccessTokensService } from './access-tokens.service.js';
import { AuthenticationService } from './authentication.service.js';
import { AuthController } from './auth.controller.js';
import { LoginReplay } from './login-replay.js';
import { LoginService } from './login.service.js';
import { DiscoveryController } from './discovery.controller.js';
import { JwtGuard } from './jwt.guard.js';
import { LoginLimiter } from './login-limiter.js';
import { LoginLoad } from './login-load.js';
import { ForgedRefreshLimiter } from './forged-refresh-limiter.js';
import { RetiredKeysJob } from './retired-keys.job.js';
import { SigningKeysService } from './signing-keys.service.js';
import { UserLimiter } from './user-limiter.js';
import { VerifyController } from './verify.controller.js';
import { WechatCodeStrategy } from './wechat-code.strategy.js';

/** Getting in: a code becomes a user, a user gets tokens, a token opens guarded routes. */
@Module({
  imports: [PassportModule, JwtModule, AuditModule, SessionsModule, UsersModule, WechatModule],
  controllers: [AuthController, DiscoveryController, VerifyController],
  providers: [
    AccessTokensService,
    AuthenticationService,
    LoginReplay,
    LoginService,
    JwtGuard,
    LoginLimiter,
    LoginLoad,
    ForgedRefreshLimiter,
    SigningKeysService,
    RetiredKeysJob,
    UserLimiter,
    WechatCodeStrategy,
  ],
  // The guard and the limits per user are made anew in each module that uses them, and ask for what these have.
  exports: [
    AccessTokensService,
    AuthenticationService,
    ForgedRefreshLimiter,
    LoginService,
    JwtGuard,
    SessionsModule,
    SigningKeysService,
    UserLimiter,
  ],
})
export class AuthModule {}
