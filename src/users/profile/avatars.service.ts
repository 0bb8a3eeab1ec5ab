import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { randomBytes } from '../../crypto/random.js';
import { Database } from '../../database/database.js';
import { DatabaseUnavailableError } from '../../database/database.errors.js';
import { describeError } from '../../errors/describe-error.js';
import { EventsService } from '../../events/events.service.js';
import { Files } from '../../storage/files.js';
import { AvatarImagesService } from './avatar-images.service.js';
import { User } from '../user.entity.js';

const key = /^[\da-f]{32}$/;

/**
 * Gives a user another avatar. Returns no row if the user is not active. The old key is read under the lock of the
 * update: of two uploads, the later one sees the key that the earlier one wrote.
 */
const replaceStatement = `
  WITH active AS (
    SELECT id, avatar_key FROM users WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE
  )
  UPDATE users SET avatar_key = $2, profile_stale_since = NULL FROM active WHERE users.id = active.id
  RETURNING active.avatar_key AS "oldKey"`;

/** The avatars of users: a file each, under a random key that is never used again. */
@Injectable()
export class AvatarsService {
  readonly #logger = new Logger(AvatarsService.name);

  constructor(
    private readonly images: AvatarImagesService,
    private readonly files: Files,
    private readonly database: Database,
    private readonly events: EventsService,
  ) {}

  /** The image under a key, or null if there is none. */
  async read(avatarKey: string): Promise<Buffer | null> {
    return key.test(avatarKey) ? this.files.read(avatarKey) : null;
  }

  /**
   * Makes an upload the avatar of a user, and removes the old file. Nothing changes if the user is not active.
   *
   * @throws {AvatarFormatError} {@link AvatarDamagedError} {@link TooManyAvatarsError}
   * @throws {DatabaseUnavailableError}
   */
  async replace(userId: string, upload: Buffer): Promise<void> {
    const image = await this.images.encode(upload);
    const newKey = randomBytes(16).toString('hex');
    let obsolete: string | null = newKey;
    try {
      await this.files.put(newKey, image, 'image/webp');
      obsolete = await this.exchange(userId, newKey);
    } catch (error) {
      // It is unknown whether the row names the new file.
      if (error instanceof DatabaseUnavailableError) obsolete = null;
      throw error;
    } finally {
      if (obsolete !== null) await this.remove(obsolete);
    }
  }

  /** Removes the file of an erased or merged user. The row names the file until then, so that no file is forgotten. */
  async removeFile(manager: EntityManager, userId: string): Promise<void> {
    const user = await manager.findOneByOrFail(User, { id: userId });
    const isGone = user.erasedAt !== null || user.status === 'merged';
    if (!isGone || user.avatarKey === null) return;
    await this.files.remove(user.avatarKey);
    await manager.update(User, { id: userId }, { avatarKey: null, eraseAt: null });
  }

  /** Tries the same at once. If it fails, the erasure job tries again. */
  async tryRemoveFile(userId: string): Promise<void> {
    try {
      await this.database.run((manager) => this.removeFile(manager, userId));
    } catch (error) {
      this.#logger.warn({
        message: 'The file of an avatar was not removed yet.',
        error: describeError(error),
      });
    }
  }

  /**
   * Removes the file of a user who goes on without an avatar. The row names it until the caller changes that.
   *
   * @returns the key of the file; null if the user has no avatar
   */
  async removeFileOf(userId: string): Promise<string | null> {
    const user = await this.database.run((manager) => manager.findOneBy(User, { id: userId }));
    const avatarKey = user?.avatarKey ?? null;
    if (avatarKey !== null) await this.files.remove(avatarKey);
    return avatarKey;
  }

  /**
   * Writes the new key in a transaction: if the wait for the lock is given up, nothing is written later either.
   *
   * @returns the key that is not used any more: the old one, or the new one if the user is not active
   */
  private async exchange(userId: string, newKey: string): Promise<string | null> {
    return this.database.transaction(async (tx) => {
      const [rows] = await tx.manager.query<[{ oldKey: string | null }[], number]>(replaceStatement, [
        userId,
        newKey,
      ]);
      if (rows[0] === undefined) return newKey;
      await this.events.record(tx, { type: 'user.updated', userId });
      return rows[0].oldKey;
    });
  }

  /** A file that is not removed does no harm: nothing refers to it. */
  private async remove(avatarKey: string): Promise<void> {
    try {
      await this.files.remove(avatarKey);
    } catch (error) {
      this.#logger.warn({
        message: 'The file of an avatar was not removed.',
        avatarKey,
        error: describeError(error),
      });
    }
  }
}
