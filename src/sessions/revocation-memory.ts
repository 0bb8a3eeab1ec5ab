import type { RevocationReason } from './sessions.errors.js';

/** What was revoked: one session, or the tokens of a user below a version. */
export type RevocationNotice =
  | { sessionId: string; reason: RevocationReason }
  /** Without a reason, the sessions stay active, and only their tokens are out of date. */
  | { userId: string; minimumVersion: number; reason: RevocationReason | null };

/** The claims of an access token that decide whether it was revoked. */
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
 * Maximum number per user, so that a user who logs in and out all day does not fill the memory or slow down the guard. A
 * token that is older than all of them is refused with the reason of the oldest one left, which may be a later reason.
 */
const maxThresholds = 16;

/**
 * The revocations that a node knows. It forgets a revocation when the last token that it concerns has expired. Learning
 * the same revocation again changes nothing.
 */
export class RevocationMemory {
  /** In the order in which they were learned, which is nearly the order of expiry. */
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
    // Moved to the end: it is remembered the longest.
    this.#users.delete(userId);
    this.#users.set(userId, {
      thresholds,
      until: Math.max(...thresholds.map((threshold) => threshold.until)),
    });
  }

  /**
   * The reason for which a token's session has ended; `outdated` if the session is active and only the token is revoked;
   * undefined if the token is not revoked.
   */
  check({ sessionId, userId, version }: TokenSubject): RevocationReason | 'outdated' | undefined {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) return session.reason;
    const passed = this.#users
      .get(userId)
      ?.thresholds.filter(({ minimumVersion }) => version < minimumVersion);
    if (passed === undefined || passed.length === 0) return undefined;
    // The first one ended the session: the later ones found it ended.
    return passed.find(({ reason }) => reason !== null)?.reason ?? 'outdated';
  }

  /** Forgets revocations whose tokens have all expired. */
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
