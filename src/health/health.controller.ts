import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { HealthCheckService, type HealthCheckResult, HealthIndicatorService } from '@nestjs/terminus';
import { SigningKeys } from '../auth/signing-keys.js';
import { Database } from '../database/database.js';
import { Drain } from '../http/drain.js';
import { Problems } from '../http/problems.decorator.js';
import { NotReadyError, StoppingError } from './health.errors.js';

/** For whatever watches over this process: the answers carry no detail that a stranger could use. */
@Controller('health')
@ApiTags('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly signingKeys: SigningKeys,
    private readonly drain: Drain,
  ) {}

  /** The process answers. Restart it when this fails. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The process can do its work. Send it no requests while this fails. */
  @Get('ready')
  @Problems('database_unavailable', 'overloaded')
  @Header('Cache-Control', 'no-store')
  async ready(): Promise<HealthCheckResult> {
    if (this.drain.started) throw new StoppingError();
    try {
      return await this.health.check([
        this.indicator('database', () => this.database.run((manager) => manager.query('SELECT 1'))),
        this.indicator('migrations', () => this.database.assertMigrated()),
        this.indicator('signingKey', () => this.signingKeys.current()),
      ]);
    } catch (error) {
      if (error instanceof ServiceUnavailableException) {
        throw new NotReadyError((error.getResponse() as HealthCheckResult).details);
      }
      throw error;
    }
  }

  private indicator(name: string, check: () => unknown) {
    const indicator = this.indicators.check(name);
    return async () => {
      try {
        await check();
        return indicator.up();
      } catch {
        return indicator.down();
      }
    };
  }
}
