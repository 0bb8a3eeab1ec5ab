import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { Database, type NamedStatement } from '../../database/database.js';
import type { PhoneCodeOutcome } from './phone-code.entity.js';

/** `first` if nobody has sent the code before, `pending` while nobody knows what becomes of it. */
export type PhoneCodeState = 'first' | 'pending' | PhoneCodeOutcome;

/**
 * Takes the places of a code, one for each key of the ring, unless they are taken. The second request finds out what has
 * become of the first.
 */
const spendStatement: NamedStatement = {
  name: 'spend-phone-code-2',
  text: `
    WITH taken AS (
      INSERT INTO phone_codes (code_hash)
      SELECT code_hash FROM unnest($1::bytea[]) AS code_hash ORDER BY code_hash
      ON CONFLICT (code_hash) DO NOTHING
      RETURNING code_hash
    )
    SELECT
      (SELECT count(*) FROM taken) = cardinality($1::bytea[]) AS "isFirst",
      (SELECT max(outcome) FROM phone_codes WHERE code_hash = ANY ($1::bytea[])) AS outcome`,
};

const settleStatement: NamedStatement = {
  name: 'settle-phone-code-2',
  text: `UPDATE phone_codes SET outcome = $2 WHERE code_hash = ANY ($1::bytea[])`,
};

const unspendStatement: NamedStatement = {
  name: 'unspend-phone-code-2',
  text: `DELETE FROM phone_codes WHERE code_hash = ANY ($1::bytea[])`,
};

/** Codes of the getPhoneNumber button: each is spent at WeChat once, on whichever node. */
@Injectable()
export class PhoneCodesService {
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
  ) {}

  /**
   * Notes that a phone code is being sent to WeChat. Each code is sent once, by the node that comes first: WeChat charges
   * for each call.
   *
   * @returns what has become of it, if it was sent before
   * @throws {DatabaseUnavailableError}
   */
  async spend(appid: string, code: string): Promise<PhoneCodeState> {
    const [row] = await this.database.query<{ isFirst: boolean; outcome: PhoneCodeOutcome | null }>(
      spendStatement,
      [this.hashes(appid, code)],
    );
    return row!.isFirst ? 'first' : (row!.outcome ?? 'pending');
  }

  /**
   * Notes what has become of a phone code.
   *
   * @throws {DatabaseUnavailableError}
   */
  async settle(appid: string, code: string, outcome: PhoneCodeOutcome): Promise<void> {
    await this.database.query(settleStatement, [this.hashes(appid, code), outcome]);
  }

  /**
   * Takes back that a phone code is being sent, if it was not.
   *
   * @throws {DatabaseUnavailableError}
   */
  async unspend(appid: string, code: string): Promise<void> {
    await this.database.query(unspendStatement, [this.hashes(appid, code)]);
  }

  /** Under every key of the ring: the node that sent the code may have another newest one. */
  private hashes(appid: string, code: string): Buffer[] {
    return this.ring.hashes('phone-code', appid, code);
  }
}
