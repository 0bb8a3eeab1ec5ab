import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { type Actor, AuditLogService, serviceActor } from '../../audit/audit-log.service.js';
import { decryptIfPossible } from '../../crypto/field-cipher.js';
import { Database, type Transaction } from '../../database/database.js';
import { EventsService } from '../../events/events.service.js';
import { WebhookMessagesService } from '../../events/webhook-messages.service.js';
import { SessionEnding } from '../../sessions/session-ending.js';
import { isAdmin, keepsAdminBeside } from '../status/admins.js';
import { BannedIdentity } from '../status/banned-identity.entity.js';
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
 * Merges two users that are the same person. Roles never move, and what an admin has to decide is left to an admin.
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
    private readonly events: EventsService,
    private readonly webhookMessages: WebhookMessagesService,
  ) {}

  /**
   * Merges two users with the same unionid into the older one. Does not merge in three cases: if either has a role (an
   * admin decides then), if both have an identity in one mini-program (they are two people), or if either is pending
   * deletion (only its owner can cancel the deletion, and after the erasure the unionid is free).
   *
   * @throws {AccountDisabledError} if either is disabled: the login is refused, and nothing changes
   * @throws {ConflictError} if either was merged by a concurrent transaction
   * @throws {ErasureDueError} if either is due for erasure
   * @returns whether they were merged
   */
  async mergeByUnionid(tx: Transaction, one: string, other: string): Promise<boolean> {
    const { manager } = tx;
    const [first, second] = await this.lockBoth(tx, one, other);
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
      await this.leaveToAdmin(manager, first, second);
      return false;
    }
    const [primary, duplicate] = inOrderOfAge(first, second);
    await this.merge(tx, duplicate, primary, serviceActor);
    return true;
  }

  /**
   * Merges one user into another, as an admin decides. The primary keeps its roles; the roles of the duplicate are
   * removed.
   *
   * @throws {UserNotFoundError} {@link MergeRefusedError}
   * @throws {DatabaseUnavailableError}
   */
  async mergeByHand(from: string, into: string, actor: Actor): Promise<void> {
    if (from === into) throw new MergeRefusedError('A user cannot be merged into themself.');
    await this.database.transaction(async (tx) => {
      const { manager } = tx;
      const [duplicate, primary] = await this.lockBoth(tx, from, into);
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
      // The duplicate loses its roles, and the primary gets its ban.
      const staysAdmin = isAdmin(primary) && duplicate.status !== 'disabled';
      if ((isAdmin(duplicate) || isAdmin(primary)) && !staysAdmin) {
        if (!(await keepsAdminBeside(manager, [duplicate.id, primary.id]))) {
          throw new MergeRefusedError(
            'This merge would remove or disable the last admin, and nobody could use /admin. Give another active user the role admin first, or merge the other way round.',
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
  private async lockBoth(tx: Transaction, one: string, other: string): Promise<[User, User]> {
    const ids = [one, other].toSorted();
    for (const id of ids) await this.status.liftExpiredBan(tx, id);
    const users = await tx.manager.find(User, {
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
    // An avatar that the primary does not take over stays in the row until its file is removed.
    const obsoleteAvatar = taken.avatarKey === undefined ? duplicate.avatarKey : null;
    const pending = await manager.findOneBy(NicknameCheck, { userId: duplicate.id });
    await manager.delete(NicknameCheck, { userId: duplicate.id });
    // An external id is unique: the duplicate has to lose it before the primary gets it.
    await manager.update(
      User,
      { id: duplicate.id },
      {
        status: 'merged',
        mergedInto: primary.id,
        roles: [],
        nickname: null,
        profileStaleSince: null,
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
    await manager.update(BannedIdentity, { userId: duplicate.id }, { userId: primary.id });
    await passOnNicknameCheck(manager, pending, primary, taken.nickname !== undefined);
    const entry = {
      ...actor,
      action: 'user.merged' as const,
      details: { from: duplicate.id, into: primary.id },
    };
    await this.sessionEnding.endAllSessions(tx, duplicate.id, 'merged', entry);
    if (disables) await this.sessionEnding.endAllSessions(tx, primary.id, 'disabled', entry);
    else await this.audit.record(manager, { ...entry, userId: primary.id });
    await this.webhookMessages.joinUsers(manager, duplicate.id, primary.id);
    await this.events.record(tx, { type: 'user.merged', userId: duplicate.id, into: primary.id });
    if (disables) await this.events.record(tx, { type: 'user.disabled', userId: primary.id });
    tx.afterCommit(() => this.avatars.tryRemoveFile(duplicate.id));
  }

  /** What the primary takes over: each field that it has none of, and the newer consent. */
  private fieldsThatPrimaryLacks(duplicate: User, primary: User): Partial<User> {
    // A phone number that cannot be decrypted must not make the login fail.
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
      // Encrypted anew, since the ciphertext is bound to its row.
      ...(phone !== null && this.phones.encrypt(primary.id, phone)),
    };
  }

  /** Recorded once per pair. If three users match, each points to one of the others. */
  private async leaveToAdmin(manager: EntityManager, one: User, other: User): Promise<void> {
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
 * Moves a pending nickname check to the primary: the check of a nickname that the primary takes over, or the check of a
 * waiting nickname if the primary has no nickname.
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

/** Whether the first is disabled for longer than the second. */
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
 * Whether two users have different unionids in mini-programs of one Open Platform account. Two mini-programs belong to one
 * account if some user has the same unionid in both. At most 1000 users are checked.
 */
async function differInAccount(manager: EntityManager, one: string, other: string): Promise<boolean> {
  const [row] = await manager.query<{ differ: boolean }[]>(
    `SELECT EXISTS (
       SELECT FROM identities AS mine
       JOIN identities AS theirs ON theirs.user_id = $2 AND theirs.unionid <> mine.unionid
       WHERE mine.user_id = $1 AND EXISTS (
         SELECT FROM (SELECT user_id, unionid FROM identities WHERE appid = mine.appid LIMIT 1000) AS sample
         JOIN identities AS elsewhere
           ON elsewhere.user_id = sample.user_id AND elsewhere.appid = theirs.appid
           AND elsewhere.unionid = sample.unionid
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
