import { Injectable, Logger } from '@nestjs/common';
import { In, LessThanOrEqual } from 'typeorm';
import { KeyRing } from '../crypto/key-ring.js';
import { DatabaseUnavailableError } from '../database/database.errors.js';
import { Database } from '../database/database.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { withTimeout } from '../limits/with-timeout.js';
import { Identity } from '../users/identities/identity.entity.js';
import type { OpenedPush } from '../wechat/message-push.js';
import { readUserEvent, type UserEvent } from './push-event.js';
import { PushMessage } from './push-message.entity.js';
import { PushMessagesJob } from './push-messages.job.js';

/** Milliseconds in which a message must be stored. WeChat waits for five seconds, and then sends it again. */
const storeTimeoutMs = 4_000;

/**
 * Milliseconds by which the clocks of WeChat and of the database may differ. An identity that is younger than a message by
 * more was not there yet when the user caused the message.
 */
const maxClockDifferenceMs = 300_000;

/** The message pushes that WeChat sends. */
@Injectable()
export class PushMessagesService {
  readonly #logger = new Logger(PushMessagesService.name);

  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
    private readonly job: PushMessagesJob,
  ) {}

  /**
   * Stores what a message asks for, and begins to do it. Resolves when it is stored: it will be done, even if this node is
   * killed. Only an encrypted message asks for anything, since nothing proves who has written a plain one.
   *
   * @throws {InvalidRequestError} if the message is malformed
   * @throws {DatabaseUnavailableError} WeChat sends the message again
   */
  async receive(appid: string, { isEncrypted, fields }: OpenedPush): Promise<void> {
    const userEvent = readUserEvent(fields, appid);
    const line = { appid, event: userEvent?.event ?? 'another', isEncrypted };
    if (!isEncrypted) {
      this.#logger.warn({
        message:
          'A plain message push was acknowledged, and nothing was done. Choose 安全模式 or 兼容模式 in the console of the mini-program.',
        ...line,
      });
      return;
    }
    const outcome = userEvent === undefined ? 'ignored' : await this.storeInTime(appid, userEvent);
    this.#logger.log({ message: 'A message push was acknowledged.', ...line, outcome });
  }

  private async storeInTime(appid: string, event: UserEvent): Promise<string> {
    const outcome = await withTimeout(storeTimeoutMs, this.store(appid, event));
    if (outcome === undefined) throw new DatabaseUnavailableError(new Error('Storing a push took too long.'));
    return outcome;
  }

  private async store(
    appid: string,
    { event, openid, createTime, revokeInfo, key }: UserEvent,
  ): Promise<'stored' | 'repeated' | 'unknown user'> {
    // Under every key of the ring: another node may have another newest one.
    const hashes = this.ring.hashes('push-message', ...key);
    const outcome = await this.database.transaction(async ({ manager }) => {
      if (await manager.existsBy(PushMessage, { messageHash: In(hashes) })) return 'repeated';
      const latest = new Date(createTime * 1_000 + maxClockDifferenceMs);
      const identity =
        openid === undefined
          ? null
          : await manager.findOneBy(Identity, { appid, openid, linkedAt: LessThanOrEqual(latest) });
      const isNew = await insertIfAbsent(manager, PushMessage, {
        messageHash: hashes[0],
        event,
        identityId: identity?.id ?? null,
        revokeInfo,
      });
      if (!isNew) return 'repeated';
      return identity === null ? 'unknown user' : 'stored';
    });
    // Also if WeChat does not wait any more: what it sends again is a repeated message then.
    if (outcome === 'stored') this.job.wake();
    return outcome;
  }
}
