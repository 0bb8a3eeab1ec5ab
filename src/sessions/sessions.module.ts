import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ExpiredSessionsChore } from './expired-sessions.chore.js';
import { LoginCodesChore } from './login-codes.chore.js';
import { LoginCodes } from './login-codes.js';
import { RefreshTokens } from './refresh-tokens.js';
import { RevocationsChore } from './revocations.chore.js';
import { Revocations } from './revocations.js';
import { SessionLimitJob } from './session-limit.job.js';
import { Sessions } from './sessions.js';

/** Staying in, and being out. */
@Module({
  imports: [AuditModule],
  providers: [
    LoginCodes,
    RefreshTokens,
    Revocations,
    Sessions,
    ExpiredSessionsChore,
    LoginCodesChore,
    RevocationsChore,
    SessionLimitJob,
  ],
  exports: [LoginCodes, RefreshTokens, Revocations, Sessions],
})
export class SessionsModule {}
