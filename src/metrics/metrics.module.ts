import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { BackgroundModule } from '../background/background.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { MetricsServer } from './metrics.server.js';
import { MetricsService } from './metrics.service.js';

/** Metrics for Prometheus: /metrics. */
@Module({
  imports: [AuditModule, BackgroundModule, SessionsModule, WechatModule],
  providers: [MetricsService, MetricsServer],
})
export class MetricsModule {}
