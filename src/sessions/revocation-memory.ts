import type { RevocationReason } from './sessions.errors.js';

/** What has ended, or is out of date: one session, or a user's tokens below a version. */
export type RevocationNotice =
  | { sessionId: string; reason: RevocationReason }
  /** Without a reason the sessions go on, and only their tokens are out of date. */
  | { userId: string; minimumVersion: number; reason: RevocationReason | null };

/** What of an access token decides whether it was revoked. */
export interface TokenSubject {
  sessionId: string;
  userId: string;
  version: number;
}

interface Threshold {
  minimumVersion: number;
  reason: RevocationReason | null;
  until: number;
}

/**
 * Of one user, so that nobody who logs in and out all day fills the memory or slows the guard down. A token from before
 * them all is refused by the oldest that is left, perhaps for a later reason than its session ended for.
 */
const maxThresholds = 16;

/**
 * What a node knows to be revoked. Whatever it learns it forgets once the last token concerned has expired; what
 * it learns again changes nothing.
 */
export class RevocationMemory {
  /** In the order of learning, which is nearly that of expiry. */
  readonly #sessions = new Map<string, { reason: RevocationReason; until: number }>();
  readonly #users = new Map<string, { thresholds: Threshold[]; until: number }>();

  /** @param now milliseconds of a clock that never jumps */
  constructor(private readonly now: () => number) {}

  /** @param lifetime seconds to remember it for */
  learn(notice: RevocationNotice, lifetime: number): void {
    const until = this.now() + lifetime * 1_000;
    if ('sessionId' in notice) {
      if (!this.#sessions.has(notice.sessionId)) {
        this.#sessions.set(notice.sessionId, { reason: notice.reason, until });
      }
      return;
    }
    const { userId, minimumVersion, reason } = notice;
    const known = this.#users.get(userId)?.thresholds ?? [];
    if (known.some((threshold) => threshold.minimumVersion === minimumVersion)) return;
    const thresholds = [...known, { minimumVersion, reason, until }]
      .filter((threshold) => threshold.until > this.now())
      .toSorted((a, b) => a.minimumVersion - b.minimumVersion)
      .slice(-maxThresholds);
    // To the end of the line: it is remembered the longest.
    this.#users.delete(userId);
    this.#users.set(userId, {
      thresholds,
      until: Math.max(...thresholds.map((threshold) => threshold.until)),
    });
  }

  /**
   * Why a token's session has ended; `outdated` where it goes on and the token alone is of no use; undefined where
   * nothing is known against the token.
   */
  check({ sessionId, userId, version }: TokenSubject): RevocationReason | 'outdated' | undefined {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) return session.reason;
    const passed = this.#users
      .get(userId)
      ?.thresholds.filter(({ minimumVersion }) => version < minimumVersion);
    if (passed === undefined || passed.length === 0) return undefined;
    // What ended the session first: the others found it ended.
    return passed.find(({ reason }) => reason !== null)?.reason ?? 'outdated';
  }

  /** Drops what is over. */
  forget(): void {
    const now = this.now();
    for (const map of [this.#sessions, this.#users]) {
      for (const [key, { until }] of map) {
        if (until > now) break;
        map.delete(key);
      }
    }
  }

  /** How many sessions and users are remembered. */
  get size(): number {
    return this.#sessions.size + this.#users.size;
  }
}
