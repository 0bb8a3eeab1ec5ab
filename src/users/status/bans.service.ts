import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { KeyRing } from '../../crypto/key-ring.js';
import { FieldCipher } from '../../crypto/field-cipher.js';
import { newUuid } from '../../crypto/random.js';
import { BannedIdentity } from './banned-identity.entity.js';
import { Identity } from '../identities/identity.entity.js';
import { Unionid } from '../identities/unionid.entity.js';

/** How a banned user is recognised: by an openid in one mini-program, by a unionid, or by both. */
export interface BannedUser {
  identity?: { appid: string; openid: string };
  unionid?: string;
}

/**
 * Bans that outlive an erasure: openids and unionids of disabled users, encrypted, and found by keyed hashes. The row of
 * the erased user says whether the ban is still in force.
 */
@Injectable()
export class BansService {
  readonly #box: FieldCipher;

  constructor(private readonly ring: KeyRing) {
    this.#box = new FieldCipher(ring, 'banned-identity');
  }

  /** Stores how users are recognised that are being erased, for the ban of the first of them. */
  async recordBan(manager: EntityManager, userId: string, userIds: string[]): Promise<void> {
    const identities = await manager.findBy(Identity, { userId: In(userIds) });
    const unionids = await manager.findBy(Unionid, { userId: In(userIds) });
    await this.insert(manager, userId, [
      ...identities.map(({ appid, openid }) => ({ identity: { appid, openid } })),
      ...unionids.map(({ unionid }) => ({ unionid })),
    ]);
  }

  /** Stores how a disabled user is recognised by an identity that is being erased, while the user stays. */
  async banIdentity(manager: EntityManager, { userId, appid, openid }: Identity): Promise<void> {
    await this.insert(manager, userId, [{ identity: { appid, openid } }]);
  }

  private async insert(manager: EntityManager, userId: string, banned: BannedUser[]): Promise<void> {
    await manager.insert(
      BannedIdentity,
      banned.map((each) => {
        const id = newUuid();
        return { id, userId, ...this.encrypt(id, each) };
      }),
    );
  }

  /** The erased users who were banned under this openid or unionid. */
  async findBannedUsers(manager: EntityManager, user: BannedUser): Promise<string[]> {
    const rows = await manager.query<{ userId: string }[]>(
      `SELECT DISTINCT user_id AS "userId" FROM banned_identities
       WHERE openid_index = ANY ($1::bytea[]) OR unionid_index = ANY ($1::bytea[])`,
      [this.hashes(user)],
    );
    return rows.map(({ userId }) => userId);
  }

  /** Those of many users that are banned now. */
  async findBanned<Candidate extends BannedUser>(
    manager: EntityManager,
    candidates: readonly Candidate[],
  ): Promise<Set<Candidate>> {
    const [kept] = await manager.query<unknown[]>('SELECT FROM banned_identities LIMIT 1');
    if (kept === undefined) return new Set();
    const asked = candidates.map((candidate) => ({ candidate, hashes: this.hashes(candidate) }));
    const rows = await manager.query<{ hash: string }[]>(
      `SELECT encode(hash, 'hex') AS hash
       FROM unnest($1::bytea[]) AS asked (hash)
       WHERE EXISTS (
         SELECT FROM banned_identities JOIN users ON users.id = banned_identities.user_id
         WHERE (openid_index = asked.hash OR unionid_index = asked.hash)
           AND status = 'disabled' AND (disabled_until > now() OR disabled_until IS NULL)
       )`,
      [asked.flatMap(({ hashes }) => hashes)],
    );
    const found = new Set(rows.map(({ hash }) => hash));
    const isBanned = (hash: Buffer) => found.has(hash.toString('hex'));
    return new Set(asked.filter(({ hashes }) => hashes.some(isBanned)).map(({ candidate }) => candidate));
  }

  /** What a row stores of a user. */
  encrypt(id: string, user: BannedUser): Pick<BannedIdentity, 'sealed' | 'openidIndex' | 'unionidIndex'> {
    const { identity, unionid } = user;
    return {
      sealed: this.#box.encrypt(JSON.stringify(user), id),
      openidIndex:
        identity === undefined ? null : this.ring.hash(indexPurpose, identity.appid, identity.openid),
      unionidIndex: unionid === undefined ? null : this.ring.hash(indexPurpose, unionid),
    };
  }

  /**
   * A `BannedUser` as JSON.
   *
   * @throws {DecryptionError}
   */
  decrypt({ id, sealed }: Pick<BannedIdentity, 'id' | 'sealed'>): string {
    return this.#box.decrypt(sealed, id);
  }

  /** What a user is found by if they are banned: one hash per key of the ring. */
  hashes({ identity, unionid }: BannedUser): Buffer[] {
    return [
      ...(identity === undefined ? [] : this.ring.hashes(indexPurpose, identity.appid, identity.openid)),
      ...(unionid === undefined ? [] : this.ring.hashes(indexPurpose, unionid)),
    ];
  }

  /** Whether the newest key has encrypted the row. */
  isCurrent(sealed: string): boolean {
    return this.#box.isCurrent(sealed);
  }
}

/** Shared by openids and unionids: the hash of two parts never equals the hash of one. */
const indexPurpose = 'banned-identity-index';
