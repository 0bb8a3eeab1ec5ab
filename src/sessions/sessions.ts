import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import { Database } from '../database/database.js';
import { Session } from './session.entity.js';

/** The sessions of people. */
@Injectable()
export class Sessions {
  constructor(private readonly database: Database) {}

  /** A person's sessions that are still good, the newest first. */
  async liveOf(user: { id: string; sessionEpoch: number }, most: number): Promise<Session[]> {
    return this.database.run((manager) =>
      manager.find(Session, {
        where: {
          userId: user.id,
          sessionEpoch: user.sessionEpoch,
          endedAt: IsNull(),
          expiresAt: MoreThan(new Date()),
        },
        order: { createdAt: 'DESC', id: 'DESC' },
        take: most,
      }),
    );
  }
}
