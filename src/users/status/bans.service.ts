import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { KeyRing } from '../../crypto/key-ring.js';
import { FieldCipher } from '../../crypto/field-cipher.js';
import { BannedIdentity } from './banned-identity.entity.js';
import { Identity } from '../identities/identity.entity.js';
import { Unionid } from '../identities/unionid.entity.js';

/** By what somebody who is banned would be recognised: in one mini-program, in all of an account, or both. */
export interface BannedUser {
  identity?: { appid: string; openid: string };
  unionid?: string;
}

/**
 * Bans that outlive an erasure: openids and unionids of disabled users, sealed, and found by keyed hashes. Whether
 * the ban still stands, the row of the erased user says.
 */
@Injectable()
export class BansService {
  readonly #box: FieldCipher;

  constructor(private readonly ring: KeyRing) {
    this.#box = new FieldCipher(ring, 'banned-identity');
  }

  /** Keeps by what users would be recognised who are about to be erased, for the ban of one of them. */
  async recordBan(manager: EntityManager, userId: string, userIds: string[]): Promise<void> {
    const identities = await manager.findBy(Identity, { userId: In(userIds) });
    const unionids = await manager.findBy(Unionid, { userId: In(userIds) });
    const people: BannedUser[] = [
      ...identities.map(({ appid, openid }) => ({ identity: { appid, openid } })),
      ...unionids.map(({ unionid }) => ({ unionid })),
    ];
    await manager.insert(
      BannedIdentity,
      people.map((person) => {
        const id = uuidv7();
        return { id, userId, ...this.encrypt(id, person) };
      }),
    );
  }

  /** The erased users who were banned under this openid or unionid. */
  async findBannedUsers(manager: EntityManager, person: BannedUser): Promise<string[]> {
    const rows = await manager.query<{ userId: string }[]>(
      `SELECT DISTINCT user_id AS "userId" FROM banned_identities
       WHERE openid_index = ANY ($1::bytea[]) OR unionid_index = ANY ($1::bytea[])`,
      [this.hashes(person)],
    );
    return rows.map(({ userId }) => userId);
  }

  /** Of many users, those whom a ban that still stands keeps out. */
  async findBanned<Person extends BannedUser>(
    manager: EntityManager,
    people: readonly Person[],
  ): Promise<Set<Person>> {
    const [kept] = await manager.query<unknown[]>('SELECT FROM banned_identities LIMIT 1');
    if (kept === undefined) return new Set();
    const asked = people.map((person) => ({ person, hashes: this.hashes(person) }));
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
    return new Set(asked.filter(({ hashes }) => hashes.some(isBanned)).map(({ person }) => person));
  }

  /** What a row keeps of a user. */
  encrypt(id: string, person: BannedUser): Pick<BannedIdentity, 'sealed' | 'openidIndex' | 'unionidIndex'> {
    const { identity, unionid } = person;
    return {
      sealed: this.#box.encrypt(JSON.stringify(person), id),
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

  /** Under every key of the ring. */
  private hashes({ identity, unionid }: BannedUser): Buffer[] {
    return [
      ...(identity === undefined ? [] : this.ring.hashes(indexPurpose, identity.appid, identity.openid)),
      ...(unionid === undefined ? [] : this.ring.hashes(indexPurpose, unionid)),
    ];
  }

  /** Whether a row is sealed, and found, by the newest key. */
  isCurrent(sealed: string): boolean {
    return this.#box.isCurrent(sealed);
  }
}

/** An openid's and a unionid's never meet: the one is a hash of two parts, the other of one. */
const indexPurpose = 'banned-identity-index';
