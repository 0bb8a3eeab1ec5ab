/**
 * How a session goes on, as far as the client can know. `unsure`: somebody asked for its end, and the answer never came.
 */
export type SessionState = 'open' | 'ended' | 'unsure';

/** A session that the service has acknowledged. */
export interface KnownSession {
  id: string;
  userId: string;
  accessToken: string;
  state: SessionState;
}

/** Somebody with a phone, and what the service has told them. */
export class Person {
  readonly sessions: KnownSession[] = [];
  /** Mini-programs of which WeChat may have given the service a newer session_key than it could keep. */
  readonly unsureKeys = new Set<string>();
  /** Whether nobody does anything for this person any more: a lost request that ends all sessions may still be under way. */
  isGivenUp = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    /** The name at the emulator. */
    readonly name: string,
    /** The address of the phone. */
    readonly address: string,
  ) {}

  /** One thing at a time, so that what is acknowledged has an order. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Marks sessions whose end was asked for. Nobody has said whether they have ended. */
  static doubt(sessions: KnownSession[]): void {
    for (const session of sessions) session.state = 'unsure';
  }

  /** Sessions that may still go on. */
  get liveSessions(): KnownSession[] {
    return this.sessions.filter(({ state }) => state !== 'ended');
  }
}
