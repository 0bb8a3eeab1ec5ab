import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { NIL } from 'uuid';
import { type Actor, serviceActor } from '../audit/audit-log.service.js';
import { Settings } from '../config/settings.js';
import { Database, type Transaction } from '../database/database.js';
import type { OpenSession } from './open-session.js';
import { hashSecret, RefreshTokens } from './refresh-tokens.js';
import { type RefreshedRow, refreshStatement, refusalQuery, type RefusedRow } from './refresh.statement.js';
import { RevocationsService } from './revocations.service.js';
import { SessionEnding } from './session-ending.js';
import { Session } from './session.entity.js';
import {
  RefreshTokenInvalidError,
  RefreshTokenReusedError,
  type RevocationReason,
  SessionRevokedError,
} from './sessions.errors.js';

/** A session may change between the statement that refuses it and the one that asks why. */
const maxAttempts = 3;

/** The sessions of people. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly refreshTokens: RefreshTokens,
    private readonly revocations: RevocationsService,
    private readonly ending: SessionEnding,
    private readonly settings: Settings,
  ) {}

  /**
   * A user's sessions that are still good: first the one named, then the newest first.
   *
   * @param most how many of them
   */
  async findLive(userId: string, most: number, current?: string): Promise<Session[]> {
    return this.database.run((manager) =>
      manager
        .createQueryBuilder(Session, 'session')
        .innerJoin('session.user', 'user', 'user.session_epoch = session.session_epoch')
        .where('session.user_id = :userId AND session.ended_at IS NULL AND session.expires_at > now()', {
          userId,
        })
        .orderBy('session.id = :current', 'DESC', 'NULLS LAST')
        .addOrderBy('session.created_at', 'DESC')
        .addOrderBy('session.id', 'DESC')
        .setParameter('current', current ?? null)
        .limit(most)
        .getMany(),
    );
  }

  /**
   * All sessions of a user's, ended and expired ones among them, in the order of their ids and some at a time. Ids
   * are read by the index on the user first: along the primary key, Postgres might walk past everybody's.
   *
   * @throws {DatabaseUnavailableError} at any time
   */
  async *findPages(userId: string, size: number): AsyncGenerator<Session[]> {
    let after: string = NIL;
    for (;;) {
      const page = await this.database.run(async (manager) => {
        const ids = await manager.query<{ id: string }[]>(
          `WITH own AS MATERIALIZED (SELECT id FROM sessions WHERE user_id = $1)
           SELECT id FROM own WHERE id > $2 ORDER BY id LIMIT $3`,
          [userId, after, size],
        );
        return manager.find(Session, { where: { id: In(ids.map(({ id }) => id)) }, order: { id: 'ASC' } });
      });
      if (page.length === 0) return;
      yield page;
      after = page.at(-1)!.id;
    }
  }

  /**
   * Rotates a refresh token. The token immediately before the newest one gets the same successor, within
   * `REFRESH_GRACE` of the rotation that superseded it. With that one later, or with any older one, the session ends:
   * two have the token.
   *
   * @param ip where the request came from, for the audit
   * @throws {RefreshTokenInvalidError} {@link RefreshTokenReusedError} {@link SessionRevokedError}
   * @throws {DatabaseUnavailableError}
   */
  async refresh(token: string, ip: string): Promise<OpenSession> {
    const read = this.refreshTokens.parse(token);
    if (read === undefined) throw new RefreshTokenInvalidError(true);
    const { sessionId, generation, secret } = read;
    const { refreshTokenTtl, sessionMaxAge, refreshGrace } = this.settings;
    const asked = [sessionId, hashSecret(secret), generation];
    for (let round = 0; round < maxAttempts; round += 1) {
      const [row] = await this.database.query<RefreshedRow>(refreshStatement, [
        ...asked,
        refreshTokenTtl,
        sessionMaxAge,
        refreshGrace,
      ]);
      if (row !== undefined) {
        const { appid, loggedInAt, generation: current, refreshExpiresIn, ...user } = row;
        const refreshToken = this.refreshTokens.format({ sessionId, generation: current, secret });
        return { user, sessionId, appid, loggedInAt, refreshToken, refreshExpiresIn };
      }
      await this.refuse(sessionId, [...asked, sessionMaxAge, refreshGrace], ip);
    }
    throw new Error(`A session changed ${maxAttempts} times while it was refreshed.`);
  }

  /**
   * Ends a session of a user's.
   *
   * @returns whether there was one that went on
   * @throws {DatabaseUnavailableError}
   */
  async end(session: { id: string; userId: string }, actor: Actor): Promise<boolean> {
    return this.database.transaction((tx) =>
      this.ending.endSession(tx, session, 'signed_out', { ...actor, action: 'session.logout' }),
    );
  }

  /**
   * Ends the session of an access token. Where its row is gone or has expired, the token is refused all the same.
   *
   * @throws {DatabaseUnavailableError}
   */
  async logOut(session: { id: string; userId: string }, actor: Actor): Promise<void> {
    if (await this.end(session, actor)) return;
    await this.database.transaction((tx) =>
      this.revocations.revoke(tx, { sessionId: session.id, reason: 'signed_out' }),
    );
  }

  /**
   * Ends the sessions that came through an identity, in the transaction that unlinks it. Those of the user are found by
   * an index, and looked through.
   */
  async endByIdentity(
    tx: Transaction,
    { userId, identityId }: { userId: string; identityId: string },
  ): Promise<void> {
    await this.ending.endSessions(
      tx,
      {
        condition: 'user_id = $1 AND identity_id = $2 AND expires_at > now()',
        values: [userId, identityId],
      },
      'signed_out',
    );
  }

  /** Says why a refresh token is refused; returns where it no longer is. */
  private async refuse(sessionId: string, asked: unknown[], ip: string): Promise<void> {
    const isReused = await this.database.transaction(async (tx) => {
      const [session] = await tx.manager.query<RefusedRow[]>(refusalQuery, asked);
      if (session === undefined || session.isExpired) throw new RefreshTokenInvalidError(false);
      const reason = endOf(session);
      if (reason !== undefined) throw new SessionRevokedError(reason);
      if (!session.isSuperseded) return false;
      return this.ending.endSession(tx, { id: sessionId, userId: session.userId }, 'reused', {
        ...serviceActor,
        ip,
        action: 'session.refresh_token_reused',
      });
    });
    if (isReused) throw new RefreshTokenReusedError();
  }
}

/** Why a session has ended; undefined where it goes on. Its own end comes before that of all its user's. */
function endOf(session: RefusedRow): RevocationReason | undefined {
  if (session.isEnded) return session.endedReason ?? 'signed_out';
  if (session.status === 'disabled' || session.status === 'merged') return session.status;
  if (session.status === 'deleting') return 'deleted';
  return session.isOfThisEpoch ? undefined : (session.epochEndedReason ?? 'signed_out');
}
