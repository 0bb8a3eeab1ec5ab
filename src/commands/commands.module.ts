import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ConfigModule } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { CryptoModule } from '../crypto/crypto.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { EventsModule } from '../events/events.module.js';
import { schema } from '../schema.js';
import { SessionsModule } from '../sessions/sessions.module.js';

/**
 * The services for commands. It imports no `BackgroundModule`, so a command polls nothing and runs no job. It imports no
 * module with routes, which would load code for HTTP.
 */
@Module({})
export class CommandsModule {
  /** @param services the services that the command uses, and their dependencies, such as `UserStatusService` */
  static register(settings: Settings, services: Provider[]): DynamicModule {
    return {
      module: CommandsModule,
      imports: [
        ConfigModule.register(settings),
        CryptoModule,
        DatabaseModule.registerForCommand(schema),
        AuditModule,
        EventsModule,
        SessionsModule,
      ],
      providers: services,
    };
  }
}
