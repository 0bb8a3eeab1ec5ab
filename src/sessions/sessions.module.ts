import { Module } from '@nestjs/common';
import { RefreshTokens } from './refresh-tokens.js';
import { Sessions } from './sessions.js';

/** Staying in. */
@Module({ providers: [RefreshTokens, Sessions], exports: [RefreshTokens, Sessions] })
export class SessionsModule {}
