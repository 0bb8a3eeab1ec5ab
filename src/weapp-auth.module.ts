import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ConfigModule, type SettingsFactory } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { CryptoModule } from './crypto/crypto.module.js';
import { DatabaseModule } from './database/database.module.js';
import { ServiceErrorFilter } from './http/problem.filter.js';

/**
 * The ground that `AuthModule` and the rooms above it stand on, for an application of its own: import it once, beside
 * a `TypeOrmModule.forRoot()` that knows the entities and migrations of `schema`.
 */
@Module({})
export class WeappAuthModule {
  /** @param settings of `loadSettings(environment)` */
  static forRoot(settings: Settings): DynamicModule {
    return WeappAuthModule.on(ConfigModule.register(settings));
  }

  /** The same with settings that other providers know. */
  static forRootAsync(options: SettingsFactory): DynamicModule {
    return WeappAuthModule.on(ConfigModule.registerAsync(options));
  }

  private static on(config: DynamicModule): DynamicModule {
    return {
      module: WeappAuthModule,
      imports: [config, CryptoModule, DatabaseModule],
      providers: [{ provide: APP_FILTER, useClass: ServiceErrorFilter }],
    };
  }
}
