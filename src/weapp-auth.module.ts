import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { BackgroundModule } from './background/background.module.js';
import { ConfigModule, type SettingsFactory } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { CryptoModule } from './crypto/crypto.module.js';
import type { Schema } from './database/data-source-options.js';
import { DatabaseModule } from './database/database.module.js';
import { ServiceErrorFilter } from './http/problem.filter.js';
import { RequestIdInterceptor } from './http/request-id.interceptor.js';
import { schema } from './schema.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** What an application keeps in the database beside the tables of this service. */
export type OwnSchema = Partial<Schema>;

/**
 * The ground that `AuthModule` and the rooms above it stand on, for an application of its own. Import it once. It
 * connects to `DATABASE_URL` with the application's entities beside those of this service, and runs the migrations
 * of both, however many nodes start at once. The data source is named `weappAuthDataSource`: `TypeOrmModule.forFeature([Note],
 * weappAuthDataSource)`.
 */
@Module({})
export class WeappAuthModule {
  /** @param settings of `loadSettings(environment)` */
  static forRoot(settings: Settings, own: OwnSchema = {}): DynamicModule {
    return WeappAuthModule.on(ConfigModule.register(settings), own);
  }

  /** The same with settings that other providers know. */
  static forRootAsync({ own = {}, ...settings }: SettingsFactory & { own?: OwnSchema }): DynamicModule {
    return WeappAuthModule.on(ConfigModule.registerAsync(settings), own);
  }

  private static on(config: DynamicModule, { entities = [], migrations = [] }: OwnSchema): DynamicModule {
    const database = DatabaseModule.register({
      entities: [...schema.entities, ...entities],
      migrations: [...schema.migrations, ...migrations],
    });
    return {
      module: WeappAuthModule,
      imports: [config, CryptoModule, database, BackgroundModule, WebhooksModule],
      providers: [
        { provide: APP_FILTER, useClass: ServiceErrorFilter },
        { provide: APP_INTERCEPTOR, useClass: RequestIdInterceptor },
      ],
    };
  }
}
