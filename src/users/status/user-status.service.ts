import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { type Actor, AuditLogService, serviceActor } from '../../audit/audit-log.service.js';
import type { AuditAction } from '../../audit/audit-event.entity.js';
import { Database, type Transaction } from '../../database/database.js';
import { EventsService } from '../../events/events.service.js';
import type { UserEvent } from '../../events/user-event.js';
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

/** The outcome of a change of roles. */
export interface RoleChange {
  userId: string;
  /** Whether anything was changed. */
  isChanged: boolean;
}

/** What an admin changes; what is absent stays. */
export interface UserStatusChange {
  status?: 'active' | 'disabled';
  /** Why the user is disabled, for the user to read. */
  reason?: string | null;
  /** When the ban ends by itself. */
  until?: Date | null;
  roles?: string[];
}

/** What to do with a locked user. */
interface Decision {
  changes: QueryDeepPartialEntity<User>;
  /** Why all sessions end. */
  ends?: RevocationReason;
  /** Whether issued access tokens become invalid, while the sessions continue. */
  outdates?: boolean;
  /** Whether to refuse the change if nobody could use /admin after it. */
  needsAdmin?: boolean;
  events: { action: AuditAction; details?: object }[];
}

/**
 * Status and roles of users. Each change is one transaction with its revocation and its audit entry. A sign-in locks the
 * same row, so it happens before the change or after it.
 */
@Injectable()
export class UserStatusService {
  constructor(
    private readonly database: Database,
    private readonly sessionEnding: SessionEnding,
    private readonly audit: AuditLogService,
    private readonly userEvents: EventsService,
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
   * Takes a role from a user, whatever the status.
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
   * Disables or enables a user, and sets the roles. Disabling ends all sessions, unless the user is disabled already. A
   * user pending deletion can be disabled, too: the ban outlives the erasure.
   *
   * @throws {LastAdminError} if an admin does that to the last admin
   * @throws {UserNotFoundError} {@link UserNotChangeableError} {@link UserNotDisabledError}
   * @throws {TooManyRolesError}
   * @throws {DatabaseUnavailableError}
   */
  async update(userId: string, change: UserStatusChange, actor: Actor): Promise<void> {
    await this.change({ id: userId }, actor, (user) => {
      const isEmpty = Object.values(change).every((value) => value === undefined);
      if (!isEmpty && !canChange(user, change)) throw new UserNotChangeableError(user);
      const status = changeStatus(user, change);
      const roles = change.roles === undefined ? undefined : changeRoles(user, change.roles);
      return {
        changes: { ...status.changes, ...roles?.changes },
        ends: status.ends,
        outdates: roles?.outdates,
        needsAdmin: actor.actor === 'person',
        events: [...status.events, ...(roles?.events ?? [])],
      };
    });
  }

  /**
   * Ends all sessions of a user, as the user or an admin wants.
   *
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async endSessions(userId: string, reason: 'signed_out' | 'kicked', actor: Actor): Promise<void> {
    await this.change({ id: userId }, actor, (user) => {
      // All sessions have ended already, and nothing more is recorded about an erased user.
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
   * Records the request of an active user to be deleted, and ends all sessions. A second request does not change the
   * time of the erasure.
   *
   * @param grace seconds until the erasure
   * @returns the time of the erasure
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
    return this.readErasureTime(userId);
  }

  /**
   * Makes a user due for erasure now. A ban stays.
   *
   * @param id of the user, or of one that was merged into it
   * @returns the user, and the time from which it can be erased; if it was erased before, the time of that erasure
   * @throws {LastAdminError} if an admin does that to the last admin
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async requestImmediateErasure(id: string, actor: Actor): Promise<{ userId: string; eraseAt: Date }> {
    const { userId } = await this.change({ id }, actor, (user) => ({
      ...decideImmediateErasure(user),
      needsAdmin: actor.actor === 'person',
    }));
    return { userId, eraseAt: await this.readErasureTime(userId) };
  }

  /** Makes a user, whom the transaction has locked, due for erasure now. A ban stays. The last admin is no exception. */
  async makeErasureDue(tx: Transaction, user: User, actor: Actor): Promise<void> {
    await this.carryOut(tx, user, actor, decideImmediateErasure(user));
  }

  /**
   * Makes a user pending deletion active again, unless the erasure is due. That is decided by the time of the statement:
   * the transaction may have begun before an admin made the erasure due.
   *
   * @param ip the address of the login
   */
  async cancelDeletion(tx: Transaction, userId: string, ip: string): Promise<void> {
    const { manager } = tx;
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
    await this.userEvents.record(tx, { type: 'user.updated', userId });
  }

  /**
   * Enables a user whose ban has expired. For an erased user, lifts the ban.
   *
   * @returns whether there was an expired ban
   */
  async liftExpiredBan(tx: Transaction, userId: string): Promise<boolean> {
    const { manager } = tx;
    const { affected, raw } = await manager
      .createQueryBuilder()
      .update(User)
      .set({
        status: () => `CASE WHEN erase_at IS NULL AND erased_at IS NULL THEN 'active' ELSE 'deleting' END`,
        disabledReason: null,
        disabledUntil: null,
      })
      .where(`id = :userId AND status = 'disabled' AND disabled_until <= now()`, { userId })
      .returning('erased_at')
      .execute();
    if (affected === 0) return false;
    await manager.delete(BannedIdentity, { userId });
    await this.audit.record(manager, { ...serviceActor, action: 'user.enabled', userId });
    const [{ erased_at: erasedAt }] = raw as [{ erased_at: Date | null }];
    await this.tell(tx, { erasedAt }, { type: 'user.enabled', userId });
    return true;
  }

  /**
   * Whether any user can use /admin.
   *
   * @throws {DatabaseUnavailableError}
   */
  async hasAdmin(): Promise<boolean> {
    return this.database.run((manager) => hasAdminBeside(manager, []));
  }

  private async readErasureTime(userId: string): Promise<Date> {
    const { eraseAt, erasedAt } = await this.database.run((manager) =>
      manager.findOneByOrFail(User, { id: userId }),
    );
    // If the deletion was cancelled since then, the answer is the present time.
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
      // A user whose ban has expired is not disabled.
      if (user.status === 'disabled' && (await this.liftExpiredBan(tx, user.id))) {
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
    await this.tell(tx, user, ...toUserEvents(userId, events));
    return { userId, isChanged: true };
  }

  /** The application has been told that an erased user is gone, so it hears no more. */
  private async tell(
    tx: Transaction,
    { erasedAt }: Pick<User, 'erasedAt'>,
    ...events: UserEvent[]
  ): Promise<void> {
    if (erasedAt === null) await this.userEvents.record(tx, ...events);
  }
}

/** What the application hears of changes that the audit log has. */
function toUserEvents(userId: string, entries: Decision['events']): UserEvent[] {
  return entries.flatMap(({ action }): UserEvent[] => {
    switch (action) {
      case 'user.disabled':
      case 'user.enabled':
      case 'user.deletion_requested':
        return [{ type: action, userId }];
      case 'user.roles_changed':
        return [{ type: 'user.updated', userId }];
      default:
        return [];
    }
  });
}

/** Whether a user will be erased, or was. */
function isInDeletion({ eraseAt, erasedAt }: User): boolean {
  return eraseAt !== null || erasedAt !== null;
}

function decideImmediateErasure({ status, erasedAt }: User): Decision {
  if (erasedAt !== null) return { changes: {}, events: [] };
  const isActive = status === 'active';
  return {
    changes: { ...(isActive && { status: 'deleting' }), eraseAt: () => 'now()' },
    ends: isActive ? 'deleted' : undefined,
    events: [{ action: 'user.deletion_requested' }],
  };
}

/**
 * A merged user cannot be changed. For a user pending deletion or erased, only the ban can be changed. A user erased
 * without a ban cannot be banned any more: nothing is stored that could recognise it.
 */
function canChange(user: User, { status, roles }: UserStatusChange): boolean {
  if (user.status === 'merged') return false;
  if (!isInDeletion(user)) return true;
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
        status: isInDeletion(user) ? 'deleting' : wanted,
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

/** Access tokens carry the roles, so a change makes issued tokens invalid. */
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
