import { Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import { GracefulShutdown } from '../http/graceful-shutdown.js';
import { Public } from '../auth/access.decorators.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { StoppingError } from './health.errors.js';
import { Readiness } from './readiness.js';

/** For whatever monitors this process. The responses have no detail that a stranger could use. */
@Public()
@ServiceController('health')
@ApiTags('health')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly shutdown: GracefulShutdown,
  ) {}

  /** The process runs. Restart it if this fails. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The process can do its work (checked at most once a second). Send it no requests while this fails. */
  @Get('ready')
  @Problems('database_unavailable', 'overloaded')
  @Header('Cache-Control', 'no-store')
  async ready(): Promise<HealthCheckResult> {
    if (this.shutdown.started) throw new StoppingError();
    return this.readiness.check();
  }
}
