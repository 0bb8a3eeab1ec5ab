import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Actor, AuditLogService } from '../../audit/audit-log.service.js';
import { newUuid } from '../../crypto/random.js';
import { Database, type Transaction } from '../../database/database.js';
import { insertIfAbsent } from '../../database/insert-if-absent.js';
import { EventsService } from '../../events/events.service.js';
import type { WechatSession } from '../../wechat/wechat.client.js';
import { Identity } from '../identities/identity.entity.js';
import { retryOnConflict } from '../identities/conflict.error.js';
import { lockUser } from '../identities/lock-user.js';
import { toSessionRevokedError } from '../identities/session-revoked.js';
import { SessionKeysService } from '../identities/session-keys.service.js';
import { withNewestKey } from './sign-in.statement.js';
import { claimUnionid } from '../identities/claim-unionid.js';
import { BanCheckService } from '../status/ban-check.service.js';
import type { User } from '../user.entity.js';
import {
  IdentityLastError,
  IdentityNotFoundError,
  IdentitySharedError,
  IdentityTakenError,
  LinkingWithRoleError,
} from './identity-linking.errors.js';
import { IdentityRemoval } from './identity-removal.js';

/** Stores for an identity of the user what a login would store. */
const updateIdentityStatement = `
  UPDATE identities
  SET session_keys = ${withNewestKey}, unionid = coalesce($5::text, unionid)
  WHERE appid = $1 AND openid = $2 AND user_id = $6::uuid`;

/** Links more mini-programs to a user, as the user wants, and unlinks them. */
@Injectable()
export class IdentityLinkingService {
  constructor(
    private readonly database: Database,
    private readonly sessionKeys: SessionKeysService,
    private readonly banChecks: BanCheckService,
    private readonly removal: IdentityRemoval,
    private readonly audit: AuditLogService,
    private readonly events: EventsService,
  ) {}

  /**
   * Links the identity of another mini-program. If it is linked already, stores the new session_key and the unionid.
   *
   * @throws {LinkingWithRoleError}
   * @throws {IdentityTakenError} if it belongs to another user, or the user has another one in that mini-program
   * @throws {AccountDisabledError} if it is banned
   * @throws {SessionRevokedError} if the user is not active any more
   * @throws {DatabaseUnavailableError}
   */
  async link(userId: string, appid: string, session: WechatSession, actor: Actor): Promise<void> {
    const { openid, unionid, sessionKey } = session;
    const { entry, fingerprints } = this.sessionKeys.encrypt(appid, openid, sessionKey);
    const transact = async (tx: Transaction) => {
      const { manager } = tx;
      if (unionid !== undefined && (await claimUnionid(manager, unionid, userId)) !== userId) {
        throw new IdentityTakenError();
      }
      const isNew = await insertIfAbsent(manager, Identity, {
        id: newUuid(),
        appid,
        openid,
        userId,
        unionid: unionid ?? null,
        sessionKeys: [entry],
      });
      if (!isNew) {
        await manager.query(updateIdentityStatement, [
          appid,
          openid,
          JSON.stringify(entry),
          fingerprints,
          unionid ?? null,
          userId,
        ]);
      }
      await this.banChecks.assertNotBanned(tx, { appid, openid, unionid });
      await lockUserWithoutRole(manager, userId);
      const identities = await manager.findBy(Identity, { userId, appid });
      // If nothing was inserted, the identity belongs to this user or to another one.
      if (identities.some((identity) => identity.openid !== openid) || identities.length === 0) {
        throw new IdentityTakenError();
      }
      if (!isNew) return;
      await this.audit.record(manager, {
        ...actor,
        action: 'user.identity_linked',
        userId,
        details: { appid },
      });
      await this.events.record(tx, { type: 'identity.linked', userId, appid });
    };
    await retryOnConflict(() => this.database.transaction(transact));
  }

  /**
   * Unlinks the user's identity in a mini-program, and ends the sessions that came through it.
   *
   * @throws {LinkingWithRoleError}
   * @throws {IdentityNotFoundError} if there is none
   * @throws {IdentityLastError} if it is the only one
   * @throws {IdentitySharedError} if its unionid would bring it back at the next login
   * @throws {SessionRevokedError} if the user is not active any more
   * @throws {DatabaseUnavailableError}
   */
  async unlink(userId: string, appid: string, actor: Actor): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { manager } = tx;
      await lockUserWithoutRole(manager, userId);
      const identities = await manager.findBy(Identity, { userId });
      const own = identities.filter((each) => each.appid === appid);
      if (own.length === 0) throw new IdentityNotFoundError();
      if (identities.length === 1) throw new IdentityLastError();
      const isShared = ({ id, unionid }: Identity) =>
        unionid !== null && identities.some((each) => each.id !== id && each.unionid === unionid);
      // An earlier version may have left two in one mini-program. Then unlink the one that would not be linked again.
      const identity = own.find((each) => !isShared(each));
      if (identity === undefined) throw new IdentitySharedError();
      await this.removal.remove(tx, identity, actor);
    });
  }
}

/**
 * Locks the user until the transaction ends.
 *
 * @throws {SessionRevokedError} if the user is not active any more
 * @throws {LinkingWithRoleError}
 */
async function lockUserWithoutRole(manager: EntityManager, id: string): Promise<void> {
  const user = await lockUser(manager, id);
  if (user?.status !== 'active') throw toSessionRevokedError(user);
  refuseRoles(user);
}

/**
 * Linking needs no admin. If users with roles could link, another WeChat account could get the roles unnoticed.
 *
 * @throws {LinkingWithRoleError}
 */
export function refuseRoles({ roles }: Pick<User, 'roles'>): void {
  if (roles.length > 0) throw new LinkingWithRoleError();
}
