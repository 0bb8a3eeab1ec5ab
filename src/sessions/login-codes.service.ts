import { Injectable } from '@nestjs/common';
import type { AuditAction, AuditActor } from '../audit/audit-event.entity.js';
import { Settings } from '../config/settings.js';
import { unusedSessionTtl } from '../config/token-lifetimes.js';
import { KeyRing } from '../crypto/key-ring.js';
import { newUuid } from '../crypto/random.js';
import { Database, type NamedStatement } from '../database/database.js';
import { networkOf } from '../validation/ip-address.js';
import { insertSession } from './insert-session.js';
import {
  type Client,
  type OpenSession,
  type SessionUser,
  sessionUserColumns,
  userAgentOf,
} from './open-session.js';
import { RefreshTokens } from './refresh-tokens.js';

/** A code as a phone posts it. */
export interface LoginCodePost {
  appid: string;
  code: string;
  /** Header `Idempotency-Key`. With a key, only a request with the same key can repeat the code, from any address. */
  idempotencyKey?: string;
  /** The address of the request. Without a key, only the same network can repeat the code. */
  ip: string;
}

/** A code that came again, and the session that it got. */
export interface RepeatedLogin extends OpenSession {
  /** Whether the first login with the code created the user. */
  isNewUser: boolean;
}

/** Sessions that one code opens, the first included. */
const maxUses = 20;

interface RepeatRow extends SessionUser {
  isKnown: boolean;
  appid: string;
  loggedInAt: Date;
  isNewUser: boolean;
}

/**
 * Opens another session for a code that has opened one within the window, and writes the audit entry. It opens none if
 * the first session has ended or the user is not active. User and first session are read under a lock: a concurrent
 * logout or disable has either committed before, or finds the new session.
 *
 * The user has proved their identity only once, so the new session has the login time of the first.
 */
const repeatStatement: NamedStatement = {
  name: 'repeat-login-4',
  text: `
    WITH counted AS (
      UPDATE login_codes
      SET uses = uses + 1
      WHERE code_hash = ANY ($1::bytea[])
        AND post_hash = ANY ($8::bytea[])
        AND created_at > now() - make_interval(secs => $2::integer)
        AND uses < ${maxUses}
      RETURNING session_id
    ), signed_in AS (
      SELECT
        users.*, first.id AS first_session_id, first.identity_id, first.client_id,
        first.created_at AS logged_in_at,
        first.created_at = users.created_at AS is_new_user
      FROM counted
      JOIN sessions AS first ON first.id = counted.session_id
      JOIN users ON users.id = first.user_id
      WHERE first.ended_at IS NULL
        AND first.expires_at > now()
        AND first.session_epoch = users.session_epoch
        AND users.status = 'active'
      FOR NO KEY UPDATE OF users, first
    ), session AS (${insertSession('signed_in', {
      sessionId: '$3',
      refreshHash: '$4',
      ip: '$5',
      userAgent: '$6',
      lifetime: '$7',
    })}
    ), entry AS (
      INSERT INTO audit_events (action, actor, actor_id, user_id, session_id, ip, details)
      SELECT
        '${'session.login_repeated' satisfies AuditAction}', '${'person' satisfies AuditActor}', id, id, $3::uuid,
        $5::text, jsonb_build_object('firstSessionId', first_session_id)
      FROM signed_in
    )
    SELECT
      EXISTS (SELECT FROM login_codes WHERE code_hash = ANY ($1::bytea[])) AS "isKnown",
      ${sessionUserColumns},
      users.client_id AS appid,
      users.logged_in_at AS "loggedInAt",
      users.is_new_user AS "isNewUser"
    FROM (SELECT) AS one
    LEFT JOIN signed_in AS users ON true`,
};

/** Recent login codes: if a code comes again, its login is repeated. */
@Injectable()
export class LoginCodesService {
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
    private readonly refreshTokens: RefreshTokens,
    private readonly settings: Settings,
  ) {}

  /** The hash of a code in `login_codes`. */
  hashCode({ appid, code }: LoginCodePost): Buffer {
    return this.ring.hash('login-code', appid, code);
  }

  /** The hash of a code with what a repeat must have in common with it. */
  hashPost(post: LoginCodePost): Buffer {
    return this.ring.hash('login-code', ...postOf(post));
  }

  /**
   * Opens another session for a code that came before.
   *
   * @returns `unknown` if no such code has opened a session, `over` if it opens no more
   * @throws {DatabaseUnavailableError}
   */
  async repeat(post: LoginCodePost & Client): Promise<RepeatedLogin | 'unknown' | 'over'> {
    const sessionId = newUuid();
    const { token: refreshToken, hash } = this.refreshTokens.create(sessionId);
    const refreshExpiresIn = unusedSessionTtl(this.settings);
    const [row] = await this.database.query<RepeatRow>(repeatStatement, [
      // Under every key of the ring, because the first node may have another newest key.
      this.ring.hashes('login-code', post.appid, post.code),
      this.settings.codeReplayWindow,
      sessionId,
      hash,
      post.ip,
      userAgentOf(post),
      refreshExpiresIn,
      this.ring.hashes('login-code', ...postOf(post)),
    ]);
    const { isKnown, appid, loggedInAt, isNewUser, ...user } = row!;
    if (user.id === null) return isKnown ? 'over' : 'unknown';
    return { user, sessionId, appid, loggedInAt, refreshToken, refreshExpiresIn, isNewUser };
  }
}

/** What two posts of a code have in common if one repeats the other. A key is never empty. */
function postOf({ appid, code, idempotencyKey, ip }: LoginCodePost): string[] {
  return idempotencyKey === undefined ? [appid, code, '', networkOf(ip)] : [appid, code, idempotencyKey];
}
