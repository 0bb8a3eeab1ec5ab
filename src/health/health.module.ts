import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { AuthModule } from '../auth/auth.module.js';
import { GracefulShutdown } from '../http/graceful-shutdown.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Health checks: /health. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), AuthModule],
  controllers: [HealthController],
  providers: [GracefulShutdown, Readiness],
})
export class HealthModule {}
