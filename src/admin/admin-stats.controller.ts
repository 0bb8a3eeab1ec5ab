import { Controller, Get, Header, Query, UsePipes } from '@nestjs/common';
import { LoginStats } from '../audit/login-stats.js';
import { QueryPipe } from '../http/query.pipe.js';
import { LoginStatsView } from './login-stats.view.js';
import { ReadStatsRequest } from './read-stats.request.js';
import { OperatorsOnly } from './operators-only.decorator.js';

/** The books: how often. */
@Controller('admin/stats')
@OperatorsOnly()
@UsePipes(QueryPipe)
export class AdminStatsController {
  constructor(private readonly stats: LoginStats) {}

  /** Logins by day, app and outcome; new users by day and app. Ten seconds old at most. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async read(@Query() { days }: ReadStatsRequest): Promise<LoginStatsView> {
    return this.stats.ofLastDays(days);
  }
}
