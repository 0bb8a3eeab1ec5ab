import { type DynamicModule, type FactoryProvider, Module, type ModuleMetadata } from '@nestjs/common';
import { Settings } from './settings.js';

/** Makes the settings of what other modules provide. */
export type SettingsFactory = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<Settings>, 'inject' | 'useFactory'>;

/** Hands the checked settings to every room. */
@Module({})
export class ConfigModule {
  static register(settings: Settings): DynamicModule {
    return ConfigModule.registerAsync({ useFactory: () => settings });
  }

  static registerAsync({ imports, inject, useFactory }: SettingsFactory): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      imports,
      providers: [{ provide: Settings, inject, useFactory }],
      exports: [Settings],
    };
  }
}
