import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from './settings.js';

/** Hands the checked settings to every room. */
@Module({})
export class ConfigModule {
  static register(settings: Settings): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: Settings, useValue: settings }],
      exports: [Settings],
    };
  }
}
