import { ConfigurableModuleBuilder, Global, Module } from '@nestjs/common';
import { createVerifier, Verifier } from '../verifier.js';
import type { VerifierOptions } from '../verifier-options.js';
import { JwtGuard } from './jwt.guard.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<VerifierOptions>()
  .setClassMethodName('forRoot')
  .build();

/**
 * Provides `Verifier` and `JwtGuard` to the whole application: `GuardModule.forRoot({ issuer })`, or `forRootAsync()`
 * with `useFactory` and `inject`. Takes the options of `createVerifier()`.
 */
@Global()
@Module({
  providers: [{ provide: Verifier, useFactory: createVerifier, inject: [MODULE_OPTIONS_TOKEN] }, JwtGuard],
  exports: [Verifier, JwtGuard],
})
export class GuardModule extends ConfigurableModuleClass {}
