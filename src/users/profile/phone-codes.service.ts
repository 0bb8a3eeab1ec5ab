import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { Database, type NamedStatement } from '../../database/database.js';

/** What has become of a phone code. The row of `login_codes` has it in the column `uses`. */
const phoneCodeOutcomes = { pending: 1, kept: 2, refused: 3 } as const;

/** `first` if nobody has sent the code before. */
export type PhoneCodeState = 'first' | keyof typeof phoneCodeOutcomes;

/**
 * Takes the places of a code, one for each key of the ring, unless they are taken. The second request finds out what has
 * become of the first.
 */
const spendStatement: NamedStatement = {
  name: 'spend-phone-code-1',
  text: `
    WITH taken AS (
      INSERT INTO login_codes (code_hash, session_id)
      SELECT code_hash, $2::uuid FROM unnest($1::bytea[]) AS code_hash ORDER BY code_hash
      ON CONFLICT (code_hash) DO NOTHING
      RETURNING code_hash
    )
    SELECT
      (SELECT count(*) FROM taken) = cardinality($1::bytea[]) AS "isFirst",
      (SELECT max(uses) FROM login_codes WHERE code_hash = ANY ($1::bytea[])) AS outcome`,
};

const settleStatement: NamedStatement = {
  name: 'settle-phone-code-1',
  text: `UPDATE login_codes SET uses = $2 WHERE code_hash = ANY ($1::bytea[])`,
};

const unspendStatement: NamedStatement = {
  name: 'unspend-phone-code-1',
  text: `DELETE FROM login_codes WHERE code_hash = ANY ($1::bytea[])`,
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
  async spend(appid: string, code: string, sessionId: string): Promise<PhoneCodeState> {
    const hashes = this.ring.hashes('phone-code', appid, code);
    const [row] = await this.database.query<{ isFirst: boolean; outcome: number | null }>(spendStatement, [
      hashes,
      sessionId,
    ]);
    if (row!.isFirst) return 'first';
    if (row!.outcome === phoneCodeOutcomes.kept) return 'kept';
    return row!.outcome === phoneCodeOutcomes.refused ? 'refused' : 'pending';
  }

  /** Notes what has become of a phone code. */
  async settle(appid: string, code: string, outcome: 'kept' | 'refused'): Promise<void> {
    await this.database.query(settleStatement, [
      this.ring.hashes('phone-code', appid, code),
      phoneCodeOutcomes[outcome],
    ]);
  }

  /** Takes that back if the code was not sent. */
  async unspend(appid: string, code: string): Promise<void> {
    await this.database.query(unspendStatement, [this.ring.hashes('phone-code', appid, code)]);
  }
}
