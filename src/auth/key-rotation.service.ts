import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditLogService, commandActor } from '../audit/audit-log.service.js';
import { Settings } from '../config/settings.js';
import { maxAccessTokenTtl } from '../config/token-lifetimes.js';
import { KeyRing } from '../crypto/key-ring.js';
import { FieldCipher } from '../crypto/field-cipher.js';
import { advisoryLocks, takeAdvisoryLock } from '../database/advisory-locks.js';
import { Database } from '../database/database.js';
import { makeKeyPair } from './key-pair.js';
import { SigningKey } from './signing-key.entity.js';

/** What a rotation has planned. */
export interface Rotation {
  /** Of the new key. */
  kid: string;
  /** When the new key begins to sign. */
  activeFrom: Date;
  /** From when on no token of the key before it is accepted. */
  retiredAt: Date;
}

/** Seconds in which every node learns of a new key, and publishes it. */
export const publicationSeconds = 10;

/** Seconds by which nodes may be late, and their clocks apart: what a token may outlive its key's last second by. */
const clockSkewSeconds = 60;

/** Puts a new key in the place of those that sign access tokens. All times are the database's. */
@Injectable()
export class KeyRotationService {
  readonly #box: FieldCipher;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogService,
    private readonly settings: Settings,
    ring: KeyRing,
  ) {
    this.#box = new FieldCipher(ring, 'signing-key');
  }

  /**
   * Makes a key that signs as soon as everybody who checks tokens can know it, and retires the ones before it
   * when the last token they will have signed has expired.
   *
   * @throws {DatabaseUnavailableError}
   */
  async rotate(): Promise<Rotation> {
    const { jwksMaxAge } = this.settings;
    return this.inTurn(async (manager, { now, latest }) => {
      const earliest = now.getTime() + (publicationSeconds + jwksMaxAge) * 1_000;
      // Before the first key there is nothing to wait for. And keys sign in the order in which they were made: one
      // that came back into use would be retired before its last token expires.
      const activeFrom = latest === null ? now : new Date(Math.max(earliest, latest.getTime() + 1));
      const retiredAt = new Date(activeFrom.getTime() + (maxAccessTokenTtl + clockSkewSeconds) * 1_000);
      await manager.query('UPDATE signing_keys SET retired_at = $1 WHERE retired_at IS NULL', [retiredAt]);
      return this.insert(manager, { activeFrom, retiredAt, compromised: false });
    });
  }

  /**
   * Makes a key that signs at once, and retires all others at once, those that were to sign later among them.
   *
   * @throws {DatabaseUnavailableError}
   */
  async replaceCompromised(): Promise<Rotation> {
    return this.inTurn(async (manager, { now }) => {
      await manager.query('UPDATE signing_keys SET retired_at = least(retired_at, $1)', [now]);
      return this.insert(manager, { activeFrom: now, retiredAt: now, compromised: true });
    });
  }

  /** @param work is told the time, and when the key that was made last becomes active */
  private async inTurn(
    work: (manager: EntityManager, times: { now: Date; latest: Date | null }) => Promise<Rotation>,
  ): Promise<Rotation> {
    return this.database.transaction(async ({ manager }) => {
      await manager.query(takeAdvisoryLock, [...advisoryLocks.signingKeys]);
      // now() would be the time before the wait for the lock.
      const [times] = await manager.query<[{ now: Date; latest: Date | null }]>(
        `SELECT clock_timestamp() AS now, max(active_from) AS latest FROM signing_keys WHERE retired_at IS NULL`,
      );
      return work(manager, times);
    });
  }

  private async insert(
    manager: EntityManager,
    { activeFrom, retiredAt, compromised }: Omit<Rotation, 'kid'> & { compromised: boolean },
  ): Promise<Rotation> {
    const pair = makeKeyPair(this.#box);
    await manager.insert(SigningKey, { ...pair, activeFrom });
    const details = { kid: pair.kid, activeFrom, compromised };
    await this.audit.record(manager, { action: 'keys.rotated', ...commandActor, details });
    return { kid: pair.kid, activeFrom, retiredAt };
  }
}
