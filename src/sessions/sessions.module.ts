import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { LoginCodes } from './login-codes.js';
import { RefreshTokens } from './refresh-tokens.js';
import { Revocations } from './revocations.js';
import { Sessions } from './sessions.js';

/** Staying in, and being out. */
@Module({
  imports: [AuditModule],
  providers: [LoginCodes, RefreshTokens, Revocations, Sessions],
  exports: [LoginCodes, RefreshTokens, Revocations, Sessions],
})
export class SessionsModule {}
