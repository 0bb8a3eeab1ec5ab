import { Delete, Get, Header, HttpCode, Param, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  toActor,
  CurrentUser,
  type AuthenticatedRequest,
  type SignedInUser,
} from '../auth/current-user.decorator.js';
import { Authenticated } from '../auth/authenticated.decorator.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { PerUserConcurrencyLimit } from '../auth/per-user-limits.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { SessionResponseMapper } from '../sessions/session-response.mapper.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { SessionNotFoundError } from '../sessions/sessions.errors.js';
import { SessionResponse } from './session.response.js';

const maxSessions = 100;

/** The sessions of the user. */
@ServiceController('me/sessions')
@NeedsDatabase()
@ApiTags('me')
@Authenticated()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly sessionResponses: SessionResponseMapper,
  ) {}

  /** Your own sessions: first the current one, then the newest first, at most 100. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@CurrentUser() { id: userId, sessionId }: SignedInUser): Promise<SessionResponse[]> {
    const sessions = await this.sessions.findLive(userId, maxSessions, sessionId);
    return sessions.map((session) => ({
      ...this.sessionResponses.toResponse(session),
      current: session.id === sessionId,
    }));
  }

  /** End one of your own sessions. */
  @Delete(':id')
  @HttpCode(204)
  @PerUserConcurrencyLimit('ending')
  @Problems('invalid_request', 'not_found')
  async end(
    @CurrentUser() { id: userId }: SignedInUser,
    @Param('id', UuidPipe) id: string,
    @Req() request: AuthenticatedRequest,
  ): Promise<void> {
    if (!(await this.sessions.end({ id, userId }, toActor(request)))) throw new SessionNotFoundError();
  }
}
