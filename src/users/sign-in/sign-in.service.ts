import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Settings } from '../../config/settings.js';
import { unusedSessionTtl } from '../../config/token-lifetimes.js';
import { newUuid } from '../../crypto/random.js';
import { Database, type Transaction } from '../../database/database.js';
import { insertIfAbsent } from '../../database/insert-if-absent.js';
import { type LoginCodePost, LoginCodesService } from '../../sessions/login-codes.service.js';
import { type Client, type OpenSession, toSessionUser, userAgentOf } from '../../sessions/open-session.js';
import { RefreshTokens } from '../../sessions/refresh-tokens.js';
import { EventsService } from '../../events/events.service.js';
import type { UserEvent } from '../../events/user-event.js';
import { BanCheckService } from '../status/ban-check.service.js';
import { BansService } from '../status/bans.service.js';
import { AccountDeletingError, ErasureDueError } from '../deletion/deletion.errors.js';
import { ErasureService } from '../deletion/erasure.service.js';
import { Identity } from '../identities/identity.entity.js';
import { UserMergingService } from '../merging/user-merging.service.js';
import { ConflictError, retryOnConflict } from '../identities/conflict.error.js';
import { lockUser } from '../identities/lock-user.js';
import { SessionKeysService } from '../identities/session-keys.service.js';
import {
  foreignKeyViolation,
  type SignedInRow,
  signInStatement,
  signInWithMessagesStatement,
} from './sign-in.statement.js';
import { Unionid } from '../identities/unionid.entity.js';
import { UnionidConflicts } from '../identities/unionid-conflicts.js';
import { claimUnionid } from '../identities/claim-unionid.js';
import { User } from '../user.entity.js';
import { UserStatusService } from '../status/user-status.service.js';
import { AccountDisabledError } from '../status/status.errors.js';

/** WeChat's answer to a login code, and the client that sent the code. */
export interface SignIn extends LoginCodePost, Client {
  /** `LoginCodesService.hashPost()` of the post. */
  postHash: Buffer;
  openid: string;
  unionid?: string;
  sessionKey: string;
  /** Version of the privacy policy to which the user has consented. */
  policyVersion?: string;
  /** Whether the login cancels a requested deletion. */
  restore?: boolean;
}

/** The last parameters of the statement if it must not make a user: hashes of bans, and the ids of user and identity. */
const nobodyNew = [[], null, null];

/** A signed-in user, and the new session. */
export interface SignedIn extends OpenSession {
  /** Whether this sign-in made the user. */
  isNewUser: boolean;
}

/**
 * Signs users in by their identity: one statement for a known identity, or for somebody of whom nothing is known, and a
 * transaction for all other cases.
 */
@Injectable()
export class SignInService {
  constructor(
    private readonly database: Database,
    private readonly sessionKeys: SessionKeysService,
    private readonly refreshTokens: RefreshTokens,
    private readonly loginCodes: LoginCodesService,
    private readonly status: UserStatusService,
    private readonly banChecks: BanCheckService,
    private readonly bans: BansService,
    private readonly erasure: ErasureService,
    private readonly merging: UserMergingService,
    private readonly conflicts: UnionidConflicts,
    private readonly events: EventsService,
    private readonly settings: Settings,
  ) {}

  /**
   * Signs a user in, known or new. Any number of concurrent first sign-ins create one user, and all of them succeed.
   *
   * @throws {AccountDisabledError} {@link AccountDeletingError}
   * @throws {DatabaseUnavailableError}
   */
  async signIn(signIn: SignIn): Promise<SignedIn> {
    const sessionId = newUuid();
    const { token: refreshToken, hash } = this.refreshTokens.create(sessionId);
    const refreshExpiresIn = unusedSessionTtl(this.settings);
    const values = this.signInValues(signIn, sessionId, hash, refreshExpiresIn);
    const signedIn = (row: SignedInRow) => ({
      user: toSessionUser(row),
      sessionId,
      appid: signIn.appid,
      loggedInAt: row.loggedInAt,
      refreshToken,
      refreshExpiresIn,
      isNewUser: row.isNewUser,
    });
    return retryOnConflict(async () => {
      const done = await this.signInAtOnce(signIn, values);
      if (done !== undefined) return signedIn(done);
      try {
        return await this.database.transaction(async (tx) => {
          const { unionid, isNewUser } = await this.register(tx, signIn);
          const [row] = await tx.manager.query<SignedInRow[]>(signInStatement.text, [
            ...values,
            unionid,
            ...nobodyNew,
          ]);
          if (row === undefined) {
            throw new ConflictError();
          }
          return { ...signedIn(row), isNewUser };
        });
      } catch (error) {
        if (!(error instanceof ErasureDueError)) throw error;
        await this.erasure.erase(error.userId);
        throw new ConflictError();
      }
    });
  }

  /**
   * Signs in a known user, or makes the user if nothing is known about who comes, in one statement.
   *
   * @param values the first parameters of the statement
   * @returns undefined if it is none of both, or was not by the time of the INSERT
   */
  private async signInAtOnce(signIn: SignIn, values: unknown[]): Promise<SignedInRow | undefined> {
    const { appid, openid, unionid } = signIn;
    const banHashes = this.bans.hashes({ identity: { appid, openid }, unionid });
    const newUserId = newUuid();
    const events = firstLoginEvents(newUserId, appid);
    const messages = this.events.toMessages(events);
    const parameters = [...values, unionid ?? null, banHashes, newUserId, newUuid()];
    try {
      const [row] =
        messages === undefined
          ? await this.database.query<SignedInRow>(signInStatement, parameters)
          : await this.database.query<SignedInRow>(signInWithMessagesStatement, [...parameters, messages]);
      if (row?.isNewUser === true) this.events.callHooks(events);
      return row;
    } catch (error) {
      if ((error as { code?: unknown }).code === foreignKeyViolation) return undefined;
      throw error;
    }
  }

  /** The first twelve parameters of the statement, in order. */
  private signInValues(signIn: SignIn, sessionId: string, refreshHash: Buffer, lifetime: number): unknown[] {
    const { appid, openid, sessionKey } = signIn;
    const { entry, fingerprints } = this.sessionKeys.encrypt(appid, openid, sessionKey);
    return [
      appid,
      openid,
      JSON.stringify(entry),
      fingerprints,
      sessionId,
      refreshHash,
      signIn.ip,
      userAgentOf(signIn),
      lifetime,
      this.loginCodes.hashCode(signIn),
      signIn.postHash,
      signIn.policyVersion ?? null,
    ];
  }

  /**
   * Creates the identity, and a user if no unionid leads to one. For a known identity, finds out why the statement did not
   * sign it in: its unionid is new, or its user is not active.
   *
   * @returns the unionid that the identity must have for the statement; null if any will do
   * @throws {ConflictError} if a concurrent sign-in was first
   * @throws {AccountDisabledError} {@link AccountDeletingError}
   */
  private async register(
    tx: Transaction,
    signIn: SignIn,
  ): Promise<{ isNewUser: boolean; unionid: string | null }> {
    const { manager } = tx;
    const { appid, openid, unionid } = signIn;
    const identity = await manager.findOneBy(Identity, { appid, openid });
    if (identity !== null) {
      await this.admit(tx, identity.userId, signIn);
      if (unionid === undefined) return { isNewUser: false, unionid: null };
      return { isNewUser: false, unionid: await this.learnUnionid(tx, identity, unionid) };
    }
    if (unionid !== undefined) {
      const owner = await this.lockOwner(manager, unionid);
      if (owner !== undefined) return this.registerBeside(tx, owner, { ...signIn, unionid });
    }
    await this.create(tx, signIn);
    return { isNewUser: true, unionid: unionid ?? null };
  }

  /**
   * Creates an identity whose unionid leads to a user, for that user. If that user has another openid in the mini-program,
   * creates a new user without the unionid.
   *
   * @throws {AccountDisabledError} {@link AccountDeletingError} {@link ConflictError}
   */
  private async registerBeside(
    tx: Transaction,
    owner: string,
    signIn: SignIn & { unionid: string },
  ): Promise<{ isNewUser: boolean; unionid: string | null }> {
    const { manager } = tx;
    const { appid, openid, unionid } = signIn;
    if (!(await this.conflicts.isPlaceTaken(manager, owner, signIn))) {
      await this.admit(tx, owner, signIn);
      await this.addIdentity(manager, { appid, openid, unionid, userId: owner });
      await this.banChecks.assertNotBanned(tx, signIn);
      // Another transaction may have linked or moved another openid there. It locks the user, too.
      await lockUser(manager, owner);
      if (await this.conflicts.isPlaceTaken(manager, owner, signIn)) throw new ConflictError();
      await this.events.record(tx, { type: 'identity.linked', userId: owner, appid });
      return { isNewUser: false, unionid };
    }
    const isContradicted = await this.conflicts.isContradicted(manager, owner, signIn);
    if (!isContradicted) await this.banChecks.assertNotDisabled(tx, owner);
    const userId = await this.create(tx, { appid, openid });
    await this.conflicts.record(manager, userId, owner);
    return { isNewUser: true, unionid: null };
  }

  /**
   * Lifts an expired ban, cancels a requested deletion if the login asks for it, and refuses users that are not active
   * after that.
   *
   * @throws {AccountDisabledError} {@link AccountDeletingError}
   * @throws {ErasureDueError} if it is too late to cancel the deletion
   */
  private async admit(tx: Transaction, userId: string, { restore, ip }: SignIn): Promise<void> {
    const { manager } = tx;
    await this.status.liftExpiredBan(tx, userId);
    if (restore === true) await this.status.cancelDeletion(tx, userId, ip);
    const user = await manager.findOneByOrFail(User, { id: userId });
    if (user.status === 'disabled') throw new AccountDisabledError(user);
    if (user.status === 'deleting' && user.eraseAt !== null) {
      if (await this.erasure.isDue(manager, userId)) throw new ErasureDueError(userId);
      throw new AccountDeletingError(user.eraseAt);
    }
  }

  /**
   * Stores a unionid that is new to an identity. WeChat sends one after the mini-program was bound to an Open Platform
   * account, and another one after it was moved to another account. If the unionid leads to another user, the two are
   * merged. If they cannot be merged, or not yet, the identity stays without the unionid, and the next login tries again.
   *
   * @throws {AccountDisabledError} if either user is disabled
   * @throws {ConflictError} if the identity was moved to another user since it was read
   */
  private async learnUnionid(
    tx: Transaction,
    { id, userId, appid, openid, unionid: before }: Identity,
    unionid: string,
  ): Promise<string | null> {
    if (before === unionid) return unionid;
    const { manager } = tx;
    const owner = await claimUnionid(manager, unionid, userId);
    if (await this.conflicts.isContradicted(manager, owner, { appid, openid, unionid })) {
      if (owner !== userId) await this.conflicts.record(manager, userId, owner);
      return null;
    }
    const identity = await manager.findOne(Identity, {
      where: { id, userId },
      lock: { mode: 'for_no_key_update' },
    });
    if (identity === null) throw new ConflictError();
    await this.banChecks.assertNotBanned(tx, { appid, openid, unionid });
    if (owner !== userId && !(await this.merging.mergeByUnionid(tx, userId, owner))) return null;
    await manager.update(Identity, { id }, { unionid });
    return unionid;
  }

  /** The user to which a unionid leads. Locks the unionid until the transaction ends. */
  private async lockOwner(manager: EntityManager, unionid: string): Promise<string | undefined> {
    const owner = await manager.findOne(Unionid, {
      where: { unionid },
      lock: { mode: 'pessimistic_write' },
    });
    return owner?.userId;
  }

  /**
   * Creates a user with an identity, and the unionid if there is one.
   *
   * @throws {AccountDisabledError} {@link ConflictError}
   * @returns the id of the user
   */
  private async create(
    tx: Transaction,
    { appid, openid, unionid }: Pick<SignIn, 'appid' | 'openid' | 'unionid'>,
  ): Promise<string> {
    const { manager } = tx;
    const userId = newUuid();
    await manager.insert(User, { id: userId });
    if (unionid !== undefined && !(await insertIfAbsent(manager, Unionid, { unionid, userId }))) {
      throw new ConflictError();
    }
    await this.addIdentity(manager, { appid, openid, userId, unionid: unionid ?? null });
    await this.banChecks.assertNotBanned(tx, { appid, openid, unionid });
    await this.events.record(tx, ...firstLoginEvents(userId, appid));
    return userId;
  }

  private async addIdentity(
    manager: EntityManager,
    identity: Pick<Identity, 'appid' | 'openid' | 'userId' | 'unionid'>,
  ): Promise<void> {
    if (!(await insertIfAbsent(manager, Identity, { id: newUuid(), ...identity }))) throw new ConflictError();
  }
}

/** What the application hears of a user who has come for the first time. */
function firstLoginEvents(userId: string, appid: string): UserEvent[] {
  return [
    { type: 'user.created', userId },
    { type: 'identity.linked', userId, appid },
  ];
}
