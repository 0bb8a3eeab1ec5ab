import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ConfigModule } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { CryptoModule } from '../crypto/crypto.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { schema } from '../schema.js';
import { SessionsModule } from '../sessions/sessions.module.js';

/**
 * What commands work with. It has no `BackgroundModule`: nothing is polled, and no job runs. And it has no module with
 * routes, which would load what only serves HTTP.
 */
@Module({})
export class CommandsModule {
  /** @param services what the command uses from the rooms above: `UserStatusService`, say, and what that needs */
  static register(settings: Settings, services: Provider[]): DynamicModule {
    return {
      module: CommandsModule,
      imports: [
        ConfigModule.register(settings),
        CryptoModule,
        DatabaseModule.registerForCommand(schema),
        AuditModule,
        SessionsModule,
      ],
      providers: services,
    };
  }
}
