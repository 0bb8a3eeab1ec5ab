import { Controller, Get, Header, Query, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { LoginStats } from '../audit/login-stats.js';
import { JwtGuard } from '../auth/jwt.guard.js';
import { Roles } from '../auth/roles.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { QueryPipe } from '../http/query.pipe.js';
import { LoginStatsView } from './login-stats.view.js';
import { ReadStatsRequest } from './read-stats.request.js';

/** The books: how often. */
@Controller('admin/stats')
@UseGuards(JwtGuard)
@UsePipes(QueryPipe)
@Roles('admin')
@ApiTags('admin')
@ApiBearerAuth()
@Problems(
  'invalid_request',
  'token_missing',
  'token_invalid',
  'token_expired',
  'session_revoked',
  'forbidden',
  'database_unavailable',
)
export class AdminStatsController {
  constructor(private readonly stats: LoginStats) {}

  /** Logins by day, app and outcome; new users by day and app. Ten seconds old at most. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async read(@Query() { days }: ReadStatsRequest): Promise<LoginStatsView> {
    return this.stats.ofLastDays(days);
  }
}
