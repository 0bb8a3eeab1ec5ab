import { Module } from '@nestjs/common';
import { AccountModule } from './account/account.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { BackgroundModule } from './background/background.module.js';
import { CryptoModule } from './crypto/crypto.module.js';
import { DatabaseModule } from './database/database.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OpenTelemetryModule } from './opentelemetry/opentelemetry.module.js';
import { PushModule } from './push/push.module.js';
import { ScanModule } from './scan/scan.module.js';
import { schema } from './schema.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StorageModule } from './storage/storage.module.js';
import { UsersModule } from './users/users.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';
import { WechatModule } from './wechat/wechat.module.js';

/** All modules of the service, from the ground up; docs/architecture.md explains each. */
@Module({
  imports: [
    CryptoModule, //                   encryption of fields at rest
    DatabaseModule.register(schema), // Postgres and migrations
    BackgroundModule, //               polls and background jobs
    StorageModule, //                  files (avatars)
    WechatModule, //                   calls to WeChat's server
    AuditModule, //                    audit log and login statistics
    EventsModule, //                   what happens to users, for the application
    WebhooksModule, //                 sends it to webhooks
    SessionsModule, //                 sessions, refresh tokens, revocation
    UsersModule, //                    users, identities, profile, deletion
    AuthModule, //                     POST /auth/login, access tokens, JwtGuard
    AccountModule, //                  the signed-in user: /me
    AdminModule, //                    administration: /admin
    PushModule, //                     WeChat's message push: /wechat/push
    ScanModule, //                     sign-in on the web by scanning: /oauth, /me/scans
    HealthModule, //                   /health
    MetricsModule, //                  /metrics, on a port of its own
    OpenTelemetryModule, //            the end of the traces
  ],
})
export class AppModule {}
