import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ExpiredSessionsJob } from './expired-sessions.job.js';
import { ExpiredLoginCodesJob } from './expired-login-codes.job.js';
import { LoginCodesService } from './login-codes.service.js';
import { RefreshGrace } from './refresh-grace.js';
import { RefreshTokens } from './refresh-tokens.js';
import { ExpiredRevocationsJob } from './expired-revocations.job.js';
import { RevocationsService } from './revocations.service.js';
import { SessionEnding } from './session-ending.js';
import { SessionResponseMapper } from './session-response.mapper.js';
import { SessionLimitJob } from './session-limit.job.js';
import { SessionsService } from './sessions.service.js';

/** Sessions, refresh tokens, login codes and revocations. */
@Module({
  imports: [AuditModule],
  providers: [
    LoginCodesService,
    RefreshGrace,
    RefreshTokens,
    RevocationsService,
    SessionEnding,
    SessionResponseMapper,
    SessionsService,
    ExpiredSessionsJob,
    ExpiredLoginCodesJob,
    ExpiredRevocationsJob,
    SessionLimitJob,
  ],
  exports: [
    LoginCodesService,
    RefreshTokens,
    RevocationsService,
    SessionEnding,
    SessionResponseMapper,
    SessionsService,
  ],
})
export class SessionsModule {}
