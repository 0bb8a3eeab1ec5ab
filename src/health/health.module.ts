import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { AuthModule } from '../auth/auth.module.js';
import { BackgroundModule } from '../background/background.module.js';
import { GracefulShutdown } from '../http/graceful-shutdown.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AdminHealthController } from './admin-health.controller.js';
import { HealthController } from './health.controller.js';
import { NodeHealthService } from './node-health.service.js';
import { Readiness } from './readiness.js';

/** Health checks: /health, and /admin/health for the operator. */
@Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    AuthModule,
    BackgroundModule,
    SessionsModule,
    WechatModule,
  ],
  controllers: [HealthController, AdminHealthController],
  providers: [GracefulShutdown, NodeHealthService, Readiness],
})
export class HealthModule {}
