import { Controller, Delete, Get, Header, HttpCode, Param, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  actorOf,
  CurrentUser,
  type GuardedRequest,
  type SignedInUser,
} from '../auth/current-user.decorator.js';
import { Guarded } from '../auth/guarded.decorator.js';
import { PerUserTurns } from '../auth/limited-per-user.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { Sessions } from '../sessions/sessions.js';
import { SessionNotFoundError } from '../sessions/sessions.errors.js';
import { SessionView } from './session.view.js';

const mostSessions = 100;

/** The phones on which the person is signed in. */
@Controller('me/sessions')
@ApiTags('me')
@Guarded()
export class SessionsController {
  constructor(private readonly sessions: Sessions) {}

  /** One's own sessions: the one that asks, then the newest first, 100 at most. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@CurrentUser() { id: userId, sessionId }: SignedInUser): Promise<SessionView[]> {
    const sessions = await this.sessions.liveOf(userId, mostSessions, sessionId);
    return sessions.map(({ id, clientId, ip, userAgent, createdAt, lastSeenAt }) => ({
      id,
      current: id === sessionId,
      appid: clientId,
      ip,
      userAgent,
      createdAt: createdAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
    }));
  }

  /** End one of one's own sessions. */
  @Delete(':id')
  @HttpCode(204)
  @PerUserTurns('ending')
  @Problems('invalid_request', 'not_found')
  async end(
    @CurrentUser() { id: userId }: SignedInUser,
    @Param('id', UuidPipe) id: string,
    @Req() request: GuardedRequest,
  ): Promise<void> {
    if (!(await this.sessions.end({ id, userId }, actorOf(request)))) throw new SessionNotFoundError();
  }
}
