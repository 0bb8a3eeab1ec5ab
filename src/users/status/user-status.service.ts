import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { type Actor, AuditLogService, serviceActor } from '../../audit/audit-log.service.js';
import type { AuditAction } from '../../audit/audit-event.entity.js';
import { Database, type Transaction } from '../../database/database.js';
import { SessionEnding } from '../../sessions/session-ending.js';
import type { RevocationReason } from '../../sessions/sessions.errors.js';
import { hasAdminBeside, isAdmin, keepsAdminBeside } from './admins.js';
import { BannedIdentity } from './banned-identity.entity.js';
import { Identity } from '../identities/identity.entity.js';
import { lockCanonicalUser } from '../identities/lock-user.js';
import { maxRoles } from './role-name.js';
import { toSessionRevokedError } from '../identities/session-revoked.js';
import { User } from '../user.entity.js';
import {
  LastAdminError,
  UserNotDisabledError,
  TooManyRolesError,
  UserNotChangeableError,
  UserNotActiveError,
} from './status.errors.js';
import { UserNotFoundError } from '../identities/user-not-found.error.js';

/** A user by id, or by the openid in one mini-program. */
export type UserReference = { id: string } | { appid: string; openid: string };

/** What has become of a user's roles. */
export interface RoleChange {
  userId: string;
  /** Whether anything had to be changed. */
  isChanged: boolean;
}

/** What an operator changes; what is absent stays. */
export interface UserStatusChange {
  status?: 'active' | 'disabled';
  /** Why the user is disabled, for the user to read. */
  reason?: string | null;
  /** When the user becomes active again by themself. */
  until?: Date | null;
  roles?: string[];
}

/** What is to be done with a locked user. */
interface Decision {
  changes: QueryDeepPartialEntity<User>;
  /** Why all sessions end. */
  ends?: RevocationReason;
  /** Whether tokens that are out are of no use any more, while the sessions go on. */
  outdates?: boolean;
  /** Whether it is refused if nobody could use /admin afterwards. */
  needsAdmin?: boolean;
  events: { action: AuditAction; details?: object }[];
}

/**
 * How a user stands: whether they may come in, and what they may do. Each change is one transaction with its
 * revocation and its entry in the audit; a sign-in, which locks the same row, comes before it or after.
 */
@Injectable()
export class UserStatusService {
  constructor(
    private readonly database: Database,
    private readonly sessionEnding: SessionEnding,
    private readonly audit: AuditLogService,
  ) {}

  /**
   * Gives an active user a role.
   *
   * @throws {UserNotFoundError} {@link UserNotActiveError} {@link TooManyRolesError}
   * @throws {DatabaseUnavailableError}
   */
  async grant(reference: UserReference, role: string, actor: Actor): Promise<RoleChange> {
    return this.change(reference, actor, (user) => {
      if (user.status !== 'active') throw new UserNotActiveError(user);
      return changeRoles(user, [...user.roles, role]);
    });
  }

  /**
   * Takes a role from a user, whatever their status.
   *
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async revoke(reference: UserReference, role: string, actor: Actor): Promise<RoleChange> {
    return this.change(reference, actor, (user) =>
      changeRoles(
        user,
        user.roles.filter((each) => each !== role),
      ),
    );
  }

  /**
   * Disables or enables a user, and sets their roles. Disabling ends all of their sessions; what changes nothing does
   * not. Who wants to be deleted can be disabled, too: then leaving lifts no ban.
   *
   * @throws {LastAdminError} where a user does that to the last admin
   * @throws {UserNotFoundError} {@link UserNotChangeableError} {@link UserNotDisabledError}
   * @throws {TooManyRolesError}
   * @throws {DatabaseUnavailableError}
   */
  async update(userId: string, change: UserStatusChange, actor: Actor): Promise<void> {
    await this.change({ id: userId }, actor, (user) => {
      const isEmpty = Object.values(change).every((value) => value === undefined);
      if (!isEmpty && !canChange(user, change)) throw new UserNotChangeableError(user);
      const standing = changeStatus(user, change);
      const roles = change.roles === undefined ? undefined : changeRoles(user, change.roles);
      return {
        changes: { ...standing.changes, ...roles?.changes },
        ends: standing.ends,
        outdates: roles?.outdates,
        needsAdmin: actor.actor === 'person',
        events: [...standing.events, ...(roles?.events ?? [])],
      };
    });
  }

  /**
   * Ends all sessions of a user's: their own wish, or the operator's.
   *
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async endSessions(userId: string, reason: 'signed_out' | 'kicked', actor: Actor): Promise<void> {
    await this.change({ id: userId }, actor, (user) => {
      // All have ended already; of who was erased meanwhile nothing more is written down.
      if (user.erasedAt !== null || (reason === 'signed_out' && user.status !== 'active')) {
        return { changes: {}, events: [] };
      }
      return {
        changes: {},
        ends: reason,
        events: [{ action: reason === 'kicked' ? 'user.kicked' : 'user.logout_all' }],
      };
    });
  }

  /**
   * Notes that an active person wants to be deleted, and ends their sessions. Who has said so before is not given
   * more time.
   *
   * @param grace seconds until they are erased
   * @returns when they are erased
   * @throws {UserNotFoundError} {@link SessionRevokedError}
   * @throws {DatabaseUnavailableError}
   */
  async requestDeletion(id: string, grace: number, actor: Actor): Promise<Date> {
    const { userId } = await this.change({ id }, actor, (user) => {
      if (user.status === 'deleting') return { changes: {}, events: [] };
      if (user.status !== 'active') throw toSessionRevokedError(user);
      return {
        changes: { status: 'deleting', eraseAt: () => `now() + interval '${grace} seconds'` },
        ends: 'deleted',
        events: [{ action: 'user.deletion_requested' }],
      };
    });
    return this.timeOfErasure(userId);
  }

  /**
   * Has a user erased without grace. Who is disabled stays disabled: leaving lifts no ban.
   *
   * @returns who it is by now, an id that was merged meaning the one who stayed, and when they may be erased, or were
   * @throws {LastAdminError} where a user does that to the last admin
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async requestImmediateErasure(id: string, actor: Actor): Promise<{ userId: string; eraseAt: Date }> {
    const { userId } = await this.change({ id }, actor, (user) => {
      if (user.erasedAt !== null) return { changes: {}, events: [] };
      const isActive = user.status === 'active';
      return {
        changes: { ...(isActive && { status: 'deleting' }), eraseAt: () => 'now()' },
        ends: isActive ? 'deleted' : undefined,
        needsAdmin: actor.actor === 'person',
        events: [{ action: 'user.deletion_requested' }],
      };
    });
    return { userId, eraseAt: await this.timeOfErasure(userId) };
  }

  /**
   * Makes a user active again who wanted to be deleted and comes back in time, from an address. In time is by the
   * statement's clock: the transaction may have begun before an operator decided that the time has come.
   */
  async cancelDeletion(manager: EntityManager, userId: string, ip: string): Promise<void> {
    const { affected } = await manager
      .createQueryBuilder()
      .update(User)
      .set({ status: 'active', eraseAt: null })
      .where(`id = :userId AND status = 'deleting' AND erase_at > statement_timestamp()`, { userId })
      .execute();
    if (affected === 0) return;
    await this.audit.record(manager, {
      actor: 'person',
      actorId: userId,
      ip,
      action: 'user.restored',
      userId,
    });
  }

  /**
   * Makes a user active again whose time of being disabled is over; lifts the ban of one who was erased.
   *
   * @returns whether it was
   */
  async liftExpiredBan(manager: EntityManager, userId: string): Promise<boolean> {
    const { affected } = await manager
      .createQueryBuilder()
      .update(User)
      .set({
        status: () => `CASE WHEN erase_at IS NULL AND erased_at IS NULL THEN 'active' ELSE 'deleting' END`,
        disabledReason: null,
        disabledUntil: null,
      })
      .where(`id = :userId AND status = 'disabled' AND disabled_until <= now()`, { userId })
      .execute();
    if (affected === 0) return false;
    await manager.delete(BannedIdentity, { userId });
    await this.audit.record(manager, { ...serviceActor, action: 'user.enabled', userId });
    return true;
  }

  /**
   * Whether anybody can use /admin.
   *
   * @throws {DatabaseUnavailableError}
   */
  async hasAdmin(): Promise<boolean> {
    return this.database.run((manager) => hasAdminBeside(manager, []));
  }

  private async timeOfErasure(userId: string): Promise<Date> {
    const { eraseAt, erasedAt } = await this.database.run((manager) =>
      manager.findOneByOrFail(User, { id: userId }),
    );
    // Restored meanwhile, it is as if it had been asked for now.
    return erasedAt ?? eraseAt ?? new Date();
  }

  private async change(
    reference: UserReference,
    actor: Actor,
    decide: (user: User) => Decision,
  ): Promise<RoleChange> {
    return this.database.transaction(async (tx) => {
      const { manager } = tx;
      let user = await lockReferencedUser(manager, reference);
      // Who is disabled until a time that has come is not disabled.
      if (user.status === 'disabled' && (await this.liftExpiredBan(manager, user.id))) {
        user = await lockCanonicalUser(manager, user.id);
      }
      return this.carryOut(tx, user, actor, decide(user));
    });
  }

  private async carryOut(
    tx: Transaction,
    user: User,
    actor: Actor,
    { changes, ends, outdates, needsAdmin, events }: Decision,
  ): Promise<RoleChange> {
    const { manager } = tx;
    const { id: userId } = user;
    if (events.length === 0) return { userId, isChanged: false };
    if (needsAdmin === true && isAdmin(user) && !isAdmin(Object.assign({ ...user }, changes))) {
      if (!(await keepsAdminBeside(manager, [userId]))) throw new LastAdminError();
    }
    if (Object.keys(changes).length > 0) await manager.update(User, { id: userId }, changes);
    if (changes.status !== undefined && changes.status !== 'disabled') {
      await manager.delete(BannedIdentity, { userId });
    }
    const entries = events.map((event) => ({ ...actor, ...event }));
    if (ends !== undefined) await this.sessionEnding.endAllSessions(tx, userId, ends, ...entries);
    else if (outdates === true) await this.sessionEnding.outdateTokens(tx, userId, ...entries);
    else await this.audit.record(manager, ...entries.map((entry) => ({ ...entry, userId })));
    return { userId, isChanged: true };
  }
}

/** Whether a user is to be erased, or was. */
function isLeaving({ eraseAt, erasedAt }: User): boolean {
  return eraseAt !== null || erasedAt !== null;
}

/**
 * Who was merged is another by now. Of who leaves, or has left, only whether they are banned can be changed; and of
 * who has left without a ban nothing is kept that one could recognise.
 */
function canChange(user: User, { status, roles }: UserStatusChange): boolean {
  if (user.status === 'merged') return false;
  if (!isLeaving(user)) return true;
  if (roles !== undefined) return false;
  return user.status === 'disabled' || (status === 'disabled' && user.erasedAt === null);
}

function changeStatus(user: User, { status, reason, until }: UserStatusChange): Decision {
  if (status === undefined && reason === undefined && until === undefined) return { changes: {}, events: [] };
  const wanted = status ?? user.status;
  if (wanted === 'active') {
    if ((reason ?? until ?? null) !== null) throw new UserNotDisabledError();
    if (user.status === 'active') return { changes: {}, events: [] };
    return {
      changes: {
        status: isLeaving(user) ? 'deleting' : wanted,
        disabledReason: null,
        disabledUntil: null,
      },
      events: [{ action: 'user.enabled' }],
    };
  }
  const isNew = user.status !== 'disabled';
  const disabledReason = reason === undefined ? user.disabledReason : reason;
  const disabledUntil = until === undefined ? user.disabledUntil : until;
  const isSame =
    !isNew &&
    disabledReason === user.disabledReason &&
    disabledUntil?.getTime() === user.disabledUntil?.getTime();
  if (isSame) return { changes: {}, events: [] };
  return {
    changes: { status: wanted, disabledReason, disabledUntil },
    ends: isNew ? 'disabled' : undefined,
    events: [{ action: 'user.disabled', details: { until: disabledUntil?.toISOString() ?? null } }],
  };
}

/** Access tokens carry the roles: a change makes those that are out out of date. */
function changeRoles(user: User, wanted: string[]): Decision {
  const roles = [...new Set(wanted)];
  const isSame = roles.length === user.roles.length && roles.every((role) => user.roles.includes(role));
  if (isSame) return { changes: {}, events: [] };
  if (roles.length > maxRoles) throw new TooManyRolesError(maxRoles);
  return {
    changes: { roles },
    outdates: true,
    events: [{ action: 'user.roles_changed', details: { before: user.roles, after: roles } }],
  };
}

/**
 * Locks the user that a reference means now.
 *
 * @throws {UserNotFoundError}
 */
async function lockReferencedUser(manager: EntityManager, reference: UserReference): Promise<User> {
  if ('id' in reference) return lockCanonicalUser(manager, reference.id);
  const { appid, openid } = reference;
  const identity = await manager.findOneBy(Identity, { appid, openid });
  if (identity === null) throw new UserNotFoundError();
  return lockCanonicalUser(manager, identity.userId);
}
