import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { type Actor, AuditLogService, serviceActor } from '../../audit/audit-log.service.js';
import { decryptIfPossible } from '../../crypto/field-cipher.js';
import { Database, type Transaction } from '../../database/database.js';
import { SessionEnding } from '../../sessions/session-ending.js';
import { isAdmin, keepsAdminBeside } from '../status/admins.js';
import { AvatarsService } from '../profile/avatars.service.js';
import { ErasureDueError } from '../deletion/deletion.errors.js';
import { ErasureService } from '../deletion/erasure.service.js';
import { Identity } from '../identities/identity.entity.js';
import { NicknameCheck } from '../profile/nickname-check.entity.js';
import { ConflictError } from '../identities/conflict.error.js';
import { reassignPendingMerges } from '../identities/pending-merges.js';
import { PhoneCipher } from '../profile/phone-cipher.js';
import { Unionid } from '../identities/unionid.entity.js';
import { UnionidConflicts } from '../identities/unionid-conflicts.js';
import { User } from '../user.entity.js';
import { UserStatusService } from '../status/user-status.service.js';
import { AccountDisabledError } from '../status/status.errors.js';
import { MergeRefusedError } from './merging.errors.js';
import { UserNotFoundError } from '../identities/user-not-found.error.js';

/**
 * Makes one user of two that turn out to be one person. Roles never move by themselves, and nothing is decided that an
 * operator has to decide.
 */
@Injectable()
export class UserMergingService {
  constructor(
    private readonly database: Database,
    private readonly sessionEnding: SessionEnding,
    private readonly audit: AuditLogService,
    private readonly phones: PhoneCipher,
    private readonly avatars: AvatarsService,
    private readonly erasure: ErasureService,
    private readonly status: UserStatusService,
    private readonly conflicts: UnionidConflicts,
  ) {}

  /**
   * Joins two users of whom WeChat says, by a unionid, that they are one. The older survives. Nothing is merged if
   * either has a role (the operator is told instead), if both have an identity in one mini-program (they are two
   * people), or if either is in deletion: only the person takes that wish back, and once it is carried out the unionid
   * is free.
   *
   * @throws {AccountDisabledError} where either is disabled: who logs in is refused, and nothing changes
   * @throws {ConflictError} where either has been merged meanwhile
   * @throws {ErasureDueError} where either was to be erased by now
   * @returns whether they are one now
   */
  async mergeByUnionid(tx: Transaction, one: string, other: string): Promise<boolean> {
    const { manager } = tx;
    const [first, second] = await this.lockBoth(manager, one, other);
    for (const user of [first, second]) {
      if (user.status === 'merged') throw new ConflictError();
      if (user.status === 'disabled') throw new AccountDisabledError(user);
      if (await this.erasure.isDue(manager, user.id)) throw new ErasureDueError(user.id);
    }
    if (first.status === 'deleting' || second.status === 'deleting') return false;
    if (await shareApp(manager, first.id, second.id)) {
      await this.conflicts.record(manager, first.id, second.id);
      return false;
    }
    if (first.roles.length > 0 || second.roles.length > 0) {
      await this.leaveToOperator(manager, first, second);
      return false;
    }
    const [primary, duplicate] = inOrderOfAge(first, second);
    await this.merge(tx, duplicate, primary, serviceActor);
    return true;
  }

  /**
   * Merges a user into another, as the operator wants it. The one that stays keeps its roles; those of the other are
   * gone.
   *
   * @throws {UserNotFoundError} {@link MergeRefusedError}
   * @throws {DatabaseUnavailableError}
   */
  async mergeByHand(from: string, into: string, actor: Actor): Promise<void> {
    if (from === into) throw new MergeRefusedError('A user cannot be merged into themself.');
    await this.database.transaction(async (tx) => {
      const { manager } = tx;
      const [duplicate, primary] = await this.lockBoth(manager, from, into);
      for (const { status, eraseAt, erasedAt } of [duplicate, primary]) {
        if (status === 'merged') throw new MergeRefusedError('One of the two was merged before.');
        if (status === 'deleting' || eraseAt !== null || erasedAt !== null) {
          throw new MergeRefusedError('One of the two has been erased, or is about to be.');
        }
      }
      if (await shareApp(manager, duplicate.id, primary.id)) {
        throw new MergeRefusedError(
          'Both have an identity in one mini-program, where one person has one: they are two people, or one of them has to unlink it first.',
        );
      }
      if (await differInAccount(manager, duplicate.id, primary.id)) {
        throw new MergeRefusedError(
          'WeChat has given the two different unionids under one Open Platform account: they are two people.',
        );
      }
      // Roles of the one that goes are gone, and its ban is passed on.
      const staysAdmin = isAdmin(primary) && duplicate.status !== 'disabled';
      if ((isAdmin(duplicate) || isAdmin(primary)) && !staysAdmin) {
        if (!(await keepsAdminBeside(manager, [duplicate.id, primary.id]))) {
          throw new MergeRefusedError(
            'This merge would take the role from the last admin, or disable them: nobody could use /admin any more. Give another active user the role admin first, or merge the other way round.',
          );
        }
      }
      await this.merge(tx, duplicate, primary, actor);
    });
  }

  /**
   * Locks two users in the order of their ids, so that two merges never wait for each other; and lifts their bans if
   * these have expired. FOR UPDATE, unlike `lockUser`, waits for identities that are being inserted for one of the two.
   */
  private async lockBoth(manager: EntityManager, one: string, other: string): Promise<[User, User]> {
    const ids = [one, other].toSorted();
    for (const id of ids) await this.status.liftExpiredBan(manager, id);
    const users = await manager.find(User, {
      where: { id: In(ids) },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    const [first, second] = [one, other].map((id) => users.find((user) => user.id === id));
    if (first === undefined || second === undefined) throw new UserNotFoundError();
    return [first, second];
  }

  private async merge(tx: Transaction, duplicate: User, primary: User, actor: Actor): Promise<void> {
    const { manager } = tx;
    const taken = this.fieldsThatPrimaryLacks(duplicate, primary);
    // A picture that is not taken over is named until its file is gone.
    const obsoleteAvatar = taken.avatarKey === undefined ? duplicate.avatarKey : null;
    const pending = await manager.findOneBy(NicknameCheck, { userId: duplicate.id });
    await manager.delete(NicknameCheck, { userId: duplicate.id });
    // An external id names one user: the one has to let go of it before the other takes it.
    await manager.update(
      User,
      { id: duplicate.id },
      {
        status: 'merged',
        mergedInto: primary.id,
        roles: [],
        nickname: null,
        avatarKey: obsoleteAvatar,
        phoneSealed: null,
        phoneIndex: null,
        externalId: null,
        consentVersion: null,
        consentAt: null,
        disabledReason: null,
        disabledUntil: null,
        eraseAt: obsoleteAvatar === null ? null : () => 'now()',
        mergePendingWith: null,
      },
    );
    const isBanned = duplicate.status === 'disabled';
    const disables = isBanned && primary.status !== 'disabled';
    const lasts = isBanned && primary.status === 'disabled' && isLater(duplicate, primary);
    await manager.update(
      User,
      { id: primary.id },
      {
        ...taken,
        mergePendingWith: primary.mergePendingWith === duplicate.id ? null : primary.mergePendingWith,
        ...((disables || lasts) && {
          disabledReason: duplicate.disabledReason,
          disabledUntil: duplicate.disabledUntil,
        }),
        ...(disables && { status: 'disabled' }),
      },
    );
    await reassignPendingMerges(manager, [duplicate.id], primary.id);
    await manager.update(Identity, { userId: duplicate.id }, { userId: primary.id });
    await manager.update(Unionid, { userId: duplicate.id }, { userId: primary.id });
    await passOnNicknameCheck(manager, pending, primary, taken.nickname !== undefined);
    const entry = {
      ...actor,
      action: 'user.merged' as const,
      details: { from: duplicate.id, into: primary.id },
    };
    await this.sessionEnding.endAllSessions(tx, duplicate.id, 'merged', entry);
    if (disables) await this.sessionEnding.endAllSessions(tx, primary.id, 'disabled', entry);
    else await this.audit.record(manager, { ...entry, userId: primary.id });
    tx.afterCommit(() => this.avatars.tryRemoveFile(duplicate.id));
  }

  /** What the one that stays takes over: what it has none of, and the newer consent. */
  private fieldsThatPrimaryLacks(duplicate: User, primary: User): Partial<User> {
    // A number that nobody can open any more is no reason to keep the person out.
    const phone =
      primary.phoneSealed === null && duplicate.phoneSealed !== null
        ? (decryptIfPossible(() => this.phones.decrypt(duplicate)!) ?? null)
        : null;
    return {
      ...(primary.nickname === null && duplicate.nickname !== null && { nickname: duplicate.nickname }),
      ...(primary.avatarKey === null && duplicate.avatarKey !== null && { avatarKey: duplicate.avatarKey }),
      ...(primary.externalId === null &&
        duplicate.externalId !== null && { externalId: duplicate.externalId }),
      ...((primary.consentAt === null || (duplicate.consentAt ?? 0) > primary.consentAt) && {
        consentVersion: duplicate.consentVersion,
        consentAt: duplicate.consentAt,
      }),
      // Sealed for the row that it stands in.
      ...(phone !== null && this.phones.encrypt(primary.id, phone)),
    };
  }

  /** Once for two users, however often they log in. Where they are three, each names one of the others. */
  private async leaveToOperator(manager: EntityManager, one: User, other: User): Promise<void> {
    if (one.mergePendingWith === other.id || other.mergePendingWith === one.id) return;
    for (const [user, counterpart] of [
      [one, other],
      [other, one],
    ] as const) {
      await manager.update(User, { id: user.id }, { mergePendingWith: counterpart.id });
      const details = { with: counterpart.id };
      await this.audit.record(manager, {
        ...serviceActor,
        action: 'user.merge_pending',
        userId: user.id,
        details,
      });
    }
  }
}

/**
 * Hands on what WeChat is still to judge of the one that went: the nickname that was taken over, and one that waits if the
 * primary has none at all.
 *
 * @param isTaken whether the primary takes over the nickname
 */
async function passOnNicknameCheck(
  manager: EntityManager,
  check: NicknameCheck | null,
  primary: User,
  isTaken: boolean,
): Promise<void> {
  if (check === null || (await manager.existsBy(NicknameCheck, { userId: primary.id }))) return;
  if (!isTaken && (primary.nickname !== null || check.waitingNickname === null)) return;
  await manager.insert(NicknameCheck, {
    userId: primary.id,
    appid: check.appid,
    waitingNickname: check.waitingNickname,
    judgesShown: isTaken && check.judgesShown,
  });
}

/** Whether the one is disabled for longer than the other. */
function isLater(one: User, other: User): boolean {
  if (other.disabledUntil === null) return false;
  return one.disabledUntil === null || one.disabledUntil > other.disabledUntil;
}

/** Whether both have an identity in the same mini-program. */
async function shareApp(manager: EntityManager, one: string, other: string): Promise<boolean> {
  const [row] = await manager.query<{ shared: boolean }[]>(
    `SELECT EXISTS (
       SELECT FROM identities AS mine JOIN identities AS theirs USING (appid)
       WHERE mine.user_id = $1 AND theirs.user_id = $2
     ) AS shared`,
    [one, other],
  );
  return row!.shared;
}

/**
 * Whether two users have different unionids in mini-programs of one Open Platform account. That two are of one account
 * shows in people who have one unionid in both; some thousand are looked at.
 */
async function differInAccount(manager: EntityManager, one: string, other: string): Promise<boolean> {
  const [row] = await manager.query<{ differ: boolean }[]>(
    `SELECT EXISTS (
       SELECT FROM identities AS mine
       JOIN identities AS theirs ON theirs.user_id = $2 AND theirs.unionid <> mine.unionid
       WHERE mine.user_id = $1 AND EXISTS (
         SELECT FROM (SELECT user_id, unionid FROM identities WHERE appid = mine.appid LIMIT 1000) AS person
         JOIN identities AS elsewhere
           ON elsewhere.user_id = person.user_id AND elsewhere.appid = theirs.appid
           AND elsewhere.unionid = person.unionid
       )
     ) AS differ`,
    [one, other],
  );
  return row!.differ;
}

/** The older one first. */
function inOrderOfAge(one: User, other: User): [User, User] {
  const [a, b] = [one.createdAt.getTime(), other.createdAt.getTime()];
  if (a !== b) return a < b ? [one, other] : [other, one];
  return one.id < other.id ? [one, other] : [other, one];
}
