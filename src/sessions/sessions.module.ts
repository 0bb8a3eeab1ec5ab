import { Module } from '@nestjs/common';
import { RefreshTokens } from './refresh-tokens.js';

/** Staying in. */
@Module({ providers: [RefreshTokens], exports: [RefreshTokens] })
export class SessionsModule {}
