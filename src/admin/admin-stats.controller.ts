import { Get, Header } from '@nestjs/common';
import { LoginStatsService } from '../audit/login-stats.service.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { LoginStatsResponse } from './login-stats.response.js';
import { ReadStatsRequest } from './read-stats.request.js';
import { AdminOnly } from '../auth/admin-only.decorator.js';

/** The audit log: how often. */
@ServiceController('admin/stats')
@AdminOnly()
export class AdminStatsController {
  constructor(private readonly stats: LoginStatsService) {}

  /** Logins by day, app and outcome; new users by day and app. At most ten seconds old. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async read(@ValidQuery() { days }: ReadStatsRequest): Promise<LoginStatsResponse> {
    return this.stats.ofLastDays(days);
  }
}
