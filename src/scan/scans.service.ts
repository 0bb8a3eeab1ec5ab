import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Actor, type AuditEntry, AuditLogService, serviceActor } from '../audit/audit-log.service.js';
import { FreshLoginRequiredError } from '../auth/auth.errors.js';
import { maxAccountLoginAge } from '../auth/fresh-login.decorator.js';
import { Settings, type WebClient } from '../config/settings.js';
import { unusedSessionTtl } from '../config/token-lifetimes.js';
import { KeyRing } from '../crypto/key-ring.js';
import { newUuid } from '../crypto/random.js';
import { lockKey, takeAdvisoryLock } from '../database/advisory-locks.js';
import { Database } from '../database/database.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { OAuthError } from '../http/oauth.error.js';
import { type Client, type OpenSession, userAgentOf } from '../sessions/open-session.js';
import { RefreshTokens } from '../sessions/refresh-tokens.js';
import { Session } from '../sessions/session.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { findAllUserIds } from '../users/identities/canonical-user.js';
import { lockCanonicalUser, lockUser } from '../users/identities/lock-user.js';
import type { User } from '../users/user.entity.js';
import { networkOf } from '../validation/ip-address.js';
import {
  createScanCodes,
  normalizeUserCode,
  type ScanCodes,
  type ScanReference,
  sha256,
  userCodeOf,
} from './scan-codes.js';
import { Scan } from './scan.entity.js';
import { DeviceCodeInvalidError, ScanNotFoundError, TooManyScansError } from './scan.errors.js';

/** Seconds in which a user must have scanned and decided, and the client fetched its tokens. */
export const scanTtl = 300;

/** Seconds between two requests for tokens (RFC 8628, section 3.2). */
export const pollInterval = 2;

/** Milliseconds by which a request may come early: it was on its way for a shorter time than the one before. */
const pollToleranceMs = 500;

/** Scans of one address that wait for a user. A client with a secret has no such limit: its users share the address of a server. */
const maxOpenScans = 30;

/** Two scans may get the same user code, of 25 billion. */
const maxAttempts = 3;

/** A user who acts on a phone. */
export interface PhoneUser {
  id: string;
  sessionId: string;
}

/** What waits for the user to decide. */
export interface OpenScan {
  scan: Scan;
  userCode: string;
}

/** What became of a request for tokens. */
type Redemption = { session: OpenSession } | { refusal: OAuthError };

/**
 * Sign-in by scanning (RFC 8628): a web client starts a scan and waits, a user looks at it on a phone and decides, and the
 * client exchanges its device code for a session. Each step locks the row, so that page and phone may meet different nodes.
 */
@Injectable()
export class ScansService {
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
    private readonly audit: AuditLogService,
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: SessionsService,
    private readonly settings: Settings,
  ) {}

  /**
   * Starts a scan for a web client.
   *
   * @throws {TooManyScansError} if 30 of the address wait for a user, and the client has no secret
   * @throws {DatabaseUnavailableError}
   */
  async start(client: WebClient, origin: Client): Promise<ScanCodes> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const codes = createScanCodes();
      if (await this.insert(codes, client, origin)) return codes;
    }
    throw new Error(`${maxAttempts} user codes in a row are taken.`);
  }

  private async insert(
    { deviceCode, scene, userCode }: ScanCodes,
    client: WebClient,
    origin: Client,
  ): Promise<boolean> {
    const { ip } = origin;
    const network = networkOf(ip);
    return this.database.transaction(async ({ manager }) => {
      if (client.secret === undefined) await this.refuseTooMany(manager, network);
      const id = newUuid();
      const isInserted = await insertIfAbsent(manager, Scan, {
        id,
        clientId: client.id,
        deviceCodeHash: sha256(deviceCode),
        sceneHash: sha256(scene),
        userCodeHash: this.ring.hash('user-code', userCode),
        ip,
        network,
        userAgent: userAgentOf(origin),
        expiresAt: () => `now() + make_interval(secs => ${scanTtl})`,
      });
      if (isInserted) {
        const details = { scanId: id, clientId: client.id };
        const entry: AuditEntry = { ...serviceActor, ip, action: 'scan.started', details };
        const [startedEntryId] = await this.audit.record(manager, entry);
        await manager.update(Scan, { id }, { startedEntryId });
      }
      return isInserted;
    });
  }

  /** Starts from one address take turns from here on, so that two do not count the same. */
  private async refuseTooMany(manager: EntityManager, network: string): Promise<void> {
    await manager.query(takeAdvisoryLock, lockKey('scans', network));
    const withoutSecret = this.settings.webClients.filter(({ secret }) => secret === undefined);
    const [open] = await manager.query<[{ count: number; retryAfter: number | null }]>(
      `SELECT
         count(*)::integer AS count,
         ceil(extract(epoch FROM min(expires_at) - now()))::integer AS "retryAfter"
       FROM scans
       WHERE network = $1 AND client_id = ANY ($2) AND status IN ('pending', 'scanned') AND expires_at > now()`,
      [network, withoutSecret.map(({ id }) => id)],
    );
    if (open.count >= maxOpenScans) throw new TooManyScansError(maxOpenScans, open.retryAfter!);
  }

  /**
   * The scan of a device code, whatever its status.
   *
   * @throws {DeviceCodeInvalidError} if the client has no such code
   * @throws {DatabaseUnavailableError}
   */
  async findByDeviceCode(deviceCode: string, client: WebClient): Promise<Scan> {
    const scan = await this.database.run((manager) =>
      manager.findOneBy(Scan, { deviceCodeHash: sha256(deviceCode), clientId: client.id }),
    );
    if (scan === null) throw new DeviceCodeInvalidError();
    return scan;
  }

  /**
   * Whether a scene is that of a scan which nobody has decided on yet.
   *
   * @throws {DatabaseUnavailableError}
   */
  async isOpen(scene: string): Promise<boolean> {
    return this.database.run((manager) =>
      manager
        .createQueryBuilder(Scan, 'scan')
        .where('scan.scene_hash = :hash AND scan.expires_at > now()', { hash: sha256(scene) })
        .andWhere(`scan.status IN ('pending', 'scanned')`)
        .getExists(),
    );
  }

  /**
   * Shows a user who asks. From then on, only this user can decide.
   *
   * @throws {ScanNotFoundError} {@link DatabaseUnavailableError}
   */
  async look(reference: ScanReference, user: PhoneUser, actor: Actor): Promise<OpenScan> {
    return this.database.transaction(async ({ manager }) => {
      const scan = await this.lockOpen(manager, reference);
      if (scan.status === 'pending') {
        await manager.update(Scan, { id: scan.id }, { status: 'scanned', userId: user.id });
        await this.audit.record(manager, entryOf('scan.looked_at', scan, user, actor));
      } else if (scan.status !== 'scanned' || !(await isOf(manager, scan, user))) {
        throw new ScanNotFoundError();
      }
      const userCode =
        'scene' in reference ? userCodeOf(reference.scene) : normalizeUserCode(reference.userCode);
      return { scan, userCode };
    });
  }

  /**
   * Decides, as the user who has looked at it. The same decision again changes nothing. A user who has approved can still
   * deny, until the client has its tokens; a denial is final.
   *
   * @throws {FreshLoginRequiredError} to approve, a user must have logged in within the last two minutes
   * @throws {ScanNotFoundError} {@link DatabaseUnavailableError}
   */
  async decide(reference: ScanReference, approves: boolean, user: PhoneUser, actor: Actor): Promise<void> {
    if (approves && !(await this.sessions.isFresh(user.sessionId, maxAccountLoginAge))) {
      throw new FreshLoginRequiredError(maxAccountLoginAge);
    }
    await this.database.transaction(async ({ manager }) => {
      const scan = await this.lockOpen(manager, reference);
      if (!(await isOf(manager, scan, user))) throw new ScanNotFoundError();
      const wanted = approves ? 'approved' : 'denied';
      // The answer to the phone may be lost while the client already gets its tokens.
      if (scan.status === wanted || (approves && scan.status === 'used')) return;
      const canChange = approves ? scan.status === 'scanned' : ['scanned', 'approved'].includes(scan.status);
      if (!canChange) throw new ScanNotFoundError();
      const approver = approves ? await lockUser(manager, user.id) : undefined;
      await manager.update(
        Scan,
        { id: scan.id },
        {
          status: wanted,
          userId: user.id,
          sessionEpoch: approver?.sessionEpoch ?? null,
          decidedAt: () => 'now()',
        },
      );
      // Whoever approves says that the browser is theirs. The address of one that is denied belongs to a stranger.
      if (approves && scan.startedEntryId !== null) {
        await this.audit.attribute(manager, scan.startedEntryId, user.id);
      }
      await this.audit.record(manager, entryOf(`scan.${wanted}`, scan, user, actor));
    });
  }

  /**
   * Exchanges a device code for a session, once.
   *
   * @throws {OAuthError} RFC 8628, section 3.5
   * @throws {DatabaseUnavailableError}
   */
  async redeem(deviceCode: string, client: WebClient): Promise<OpenSession> {
    // What is refused is written, too: a request that comes too early counts.
    const redemption = await this.database.transaction<Redemption>(async ({ manager }) => {
      const scan = await manager.findOne(Scan, {
        where: { deviceCodeHash: sha256(deviceCode), clientId: client.id },
        lock: { mode: 'for_no_key_update' },
      });
      if (scan === null || scan.status === 'used') return { refusal: new DeviceCodeInvalidError() };
      if (scan.status === 'denied') return { refusal: accessDenied() };
      const now = await readNow(manager);
      if (scan.expiresAt <= now) {
        return { refusal: new OAuthError('expired_token', 'The code has expired. Show a new one.') };
      }
      if (scan.status !== 'approved') return { refusal: await this.defer(manager, scan, now) };
      const user = await lockApprover(manager, scan);
      if (user === undefined) return { refusal: accessDenied() };
      await manager.update(Scan, { id: scan.id }, { status: 'used' });
      return { session: await this.openSession(manager, scan, user) };
    });
    if ('refusal' in redemption) throw redemption.refusal;
    return redemption.session;
  }

  private async defer(manager: EntityManager, { id, polledAt }: Scan, now: Date): Promise<OAuthError> {
    await manager.update(Scan, { id }, { polledAt: now });
    const earliest = (polledAt?.getTime() ?? -Infinity) + pollInterval * 1_000 - pollToleranceMs;
    return now.getTime() < earliest
      ? new OAuthError(
          'slow_down',
          `Ask every ${pollInterval} seconds, and five seconds less often from now on.`,
        )
      : new OAuthError(
          'authorization_pending',
          'The user has not decided yet. Ask again after the interval.',
        );
  }

  private async openSession(manager: EntityManager, scan: Scan, user: User): Promise<OpenSession> {
    const sessionId = newUuid();
    const { token: refreshToken, hash: refreshHash } = this.refreshTokens.create(sessionId, scan.clientId);
    const refreshExpiresIn = unusedSessionTtl(this.settings);
    const loggedInAt = scan.decidedAt!;
    await manager.insert(Session, {
      id: sessionId,
      userId: user.id,
      identityId: null,
      clientId: scan.clientId,
      sessionEpoch: user.sessionEpoch,
      refreshHash,
      ip: scan.ip,
      userAgent: scan.userAgent,
      createdAt: loggedInAt,
      expiresAt: () => `now() + make_interval(secs => ${refreshExpiresIn})`,
    });
    return { user, sessionId, appid: scan.clientId, loggedInAt, refreshToken, refreshExpiresIn };
  }

  /** Locks a scan that has not expired. */
  private async lockOpen(manager: EntityManager, reference: ScanReference): Promise<Scan> {
    const query = manager.createQueryBuilder(Scan, 'scan').where('scan.expires_at > clock_timestamp()');
    if ('scene' in reference) {
      query.andWhere('scan.scene_hash = :hash', { hash: sha256(reference.scene) });
    } else {
      // Under every key of the ring, because the node that made it may have another newest key.
      const hashes = this.ring.hashes('user-code', normalizeUserCode(reference.userCode));
      query.andWhere('scan.user_code_hash = ANY (:hashes)', { hashes });
    }
    const scan = await query.setLock('for_no_key_update').getOne();
    if (scan === null) throw new ScanNotFoundError();
    return scan;
  }
}

/** Whether it was this user who looked at it, or somebody who was merged into this user since. */
async function isOf(manager: EntityManager, { userId }: Scan, user: PhoneUser): Promise<boolean> {
  if (userId === null) return false;
  return userId === user.id || (await findAllUserIds(manager, user.id)).includes(userId);
}

/**
 * Locks the user who has approved: the one into whom they were merged since, or undefined if they are not active any more, or
 * have ended all of their sessions since.
 */
async function lockApprover(
  manager: EntityManager,
  { userId, sessionEpoch }: Scan,
): Promise<User | undefined> {
  const user = await lockCanonicalUser(manager, userId!);
  const isMerged = user.id !== userId;
  const isActive = user.status === 'active' && (isMerged || user.sessionEpoch === sessionEpoch);
  return isActive ? user : undefined;
}

async function readNow(manager: EntityManager): Promise<Date> {
  const [row] = await manager.query<[{ now: Date }]>('SELECT clock_timestamp() AS now');
  return row.now;
}

function accessDenied(): OAuthError {
  return new OAuthError(
    'access_denied',
    'The user has denied it, or may not sign in. Show a new code to let them try again.',
  );
}

function entryOf(
  action: 'scan.looked_at' | 'scan.approved' | 'scan.denied',
  { id, clientId }: Scan,
  { id: userId, sessionId }: PhoneUser,
  actor: Actor,
): AuditEntry {
  return { ...actor, action, userId, sessionId, details: { scanId: id, clientId } };
}
