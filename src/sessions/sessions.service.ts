import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { NIL } from 'uuid';
import { type Actor, serviceActor } from '../audit/audit-log.service.js';
import { Settings } from '../config/settings.js';
import { Database, type Transaction } from '../database/database.js';
import { DatabaseUnavailableError } from '../database/database.errors.js';
import { type OpenSession, toSessionUser } from './open-session.js';
import { RefreshGrace } from './refresh-grace.js';
import { hashSecret, type RefreshToken, RefreshTokens } from './refresh-tokens.js';
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

/** The session that a refresh token belongs to. */
export interface TokenSession {
  session: Session;
  /** Whether the token has a successor. */
  isSuperseded: boolean;
}

/** Lists, refreshes and ends the sessions of users. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly refreshTokens: RefreshTokens,
    private readonly grace: RefreshGrace,
    private readonly revocations: RevocationsService,
    private readonly ending: SessionEnding,
    private readonly settings: Settings,
  ) {}

  /**
   * A user's active sessions: first the named one, then the others, the newest first.
   *
   * @param maxCount how many of them
   */
  async findLive(userId: string, maxCount: number, current?: string): Promise<Session[]> {
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
        .limit(maxCount)
        .getMany(),
    );
  }

  /**
   * All sessions of a user, ended and expired ones included, in the order of their ids, in batches. Ids are read by the
   * index on the user first: by the primary key, Postgres might read the sessions of all users.
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
   * Rotates a refresh token. The token immediately before the newest gets the same successor, within the grace of
   * the rotation that superseded it ({@link RefreshGrace}). If it comes later, or if an older token comes, the session ends: two have the token.
   *
   * @param ip where the request came from, for the audit
   * @param webClientId the web client that sends it, if it is one
   * @throws {RefreshTokenInvalidError} {@link RefreshTokenReusedError} {@link SessionRevokedError}
   * @throws {DatabaseUnavailableError}
   */
  async refresh(token: string, ip: string, webClientId?: string): Promise<OpenSession> {
    const read = this.refreshTokens.parse(token, webClientId);
    if (read === undefined) throw new RefreshTokenInvalidError(true);
    const beganAt = performance.now();
    try {
      return await this.rotate(read, ip, webClientId);
    } catch (error) {
      // The session may have been refreshed, and the phone will repeat the token that it has.
      if (error instanceof DatabaseUnavailableError) this.grace.addOutage(beganAt);
      throw error;
    }
  }

  private async rotate(
    { sessionId, generation, secret }: RefreshToken,
    ip: string,
    webClientId: string | undefined,
  ): Promise<OpenSession> {
    const { refreshTokenTtl, sessionMaxAge } = this.settings;
    const asked = [sessionId, hashSecret(secret), generation];
    const grace = this.grace.inSeconds();
    for (let round = 0; round < maxAttempts; round += 1) {
      const [row] = await this.database.query<RefreshedRow>(refreshStatement, [
        ...asked,
        refreshTokenTtl,
        sessionMaxAge,
        grace,
      ]);
      if (row !== undefined) {
        const { appid, loggedInAt, generation: current, refreshExpiresIn } = row;
        const successor = { sessionId, generation: current, secret };
        const refreshToken = this.refreshTokens.format(successor, webClientId);
        return { user: toSessionUser(row), sessionId, appid, loggedInAt, refreshToken, refreshExpiresIn };
      }
      await this.refuse(sessionId, [...asked, sessionMaxAge, grace], ip);
    }
    throw new Error(`A session changed ${maxAttempts} times while it was refreshed.`);
  }

  /**
   * The active session of a web client's refresh token, however often the token was rotated since.
   *
   * @returns undefined if the client has no such token, or the session has ended
   * @throws {DatabaseUnavailableError}
   */
  async findByRefreshToken(token: string, webClientId: string): Promise<TokenSession | undefined> {
    const read = this.refreshTokens.parse(token, webClientId);
    if (read === undefined) return undefined;
    const session = await this.database.run((manager) =>
      manager
        .createQueryBuilder(Session, 'session')
        .innerJoin('session.user', 'user', 'user.session_epoch = session.session_epoch')
        .where('session.id = :id AND session.refresh_hash = :hash', {
          id: read.sessionId,
          hash: hashSecret(read.secret),
        })
        .andWhere('session.ended_at IS NULL AND session.expires_at > now()')
        .getOne(),
    );
    return session === null ? undefined : { session, isSuperseded: read.generation < session.generation };
  }

  /**
   * Whether a session is active and its user logged in at most so many seconds ago, by the clock of the database.
   *
   * @throws {DatabaseUnavailableError}
   */
  async isFresh(sessionId: string, maxAgeSeconds: number): Promise<boolean> {
    return this.database.run((manager) =>
      manager
        .createQueryBuilder(Session, 'session')
        .where('session.id = :sessionId AND session.ended_at IS NULL', { sessionId })
        .andWhere('session.created_at >= now() - make_interval(secs => :maxAgeSeconds)', { maxAgeSeconds })
        .getExists(),
    );
  }

  /**
   * Ends a session of a user.
   *
   * @returns whether there was an active one
   * @throws {DatabaseUnavailableError}
   */
  async end(session: { id: string; userId: string }, actor: Actor): Promise<boolean> {
    return this.database.transaction((tx) =>
      this.ending.endSession(tx, session, 'signed_out', { ...actor, action: 'session.logout' }),
    );
  }

  /**
   * Ends the session of an access token. The token is also refused if the session's row is deleted or has expired.
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
   * Ends the sessions of an identity, in the transaction that unlinks it. An index finds the sessions of the user, and
   * those of the identity are selected from them.
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

  /** Removes address and user agent from the sessions of an identity, ended ones included. */
  async removeAddresses(
    manager: EntityManager,
    { userIds, identityId }: { userIds: string[]; identityId: string },
  ): Promise<void> {
    // An index finds the sessions of users.
    await manager.update(Session, { userId: In(userIds), identityId }, { ip: null, userAgent: null });
  }

  /** Throws the reason for which a refresh token is refused; returns if it is no longer refused. */
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

/** The reason for which a session ended; undefined if it is active. Its own end counts before the end of all sessions of the user. */
function endOf(session: RefusedRow): RevocationReason | undefined {
  if (session.isEnded) return session.endedReason ?? 'signed_out';
  if (session.status === 'disabled' || session.status === 'merged') return session.status;
  if (session.status === 'deleting') return 'deleted';
  return session.isOfThisEpoch ? undefined : (session.epochEndedReason ?? 'signed_out');
}
