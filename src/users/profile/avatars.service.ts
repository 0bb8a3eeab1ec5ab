import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../../database/database.js';
import { DatabaseUnavailableError } from '../../database/database.errors.js';
import { describeError } from '../../errors/describe-error.js';
import { Files } from '../../storage/files.js';
import { AvatarImagesService } from './avatar-images.service.js';
import { User } from '../user.entity.js';

const key = /^[\da-f]{32}$/;

/**
 * Gives a user another avatar. No row back: the user is not active. The old key is read under the lock that the
 * update takes, so that of two uploads the later one finds what the earlier has written.
 */
const replaceStatement = `
  WITH person AS (
    SELECT id, avatar_key FROM users WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE
  )
  UPDATE users SET avatar_key = $2 FROM person WHERE users.id = person.id
  RETURNING person.avatar_key AS "oldKey"`;

/** The avatars of users: a file each, under a random key that is never used again. */
@Injectable()
export class AvatarsService {
  readonly #logger = new Logger(AvatarsService.name);

  constructor(
    private readonly images: AvatarImagesService,
    private readonly files: Files,
    private readonly database: Database,
  ) {}

  /** The image under a key, or null where there is none. */
  async read(avatarKey: string): Promise<Buffer | null> {
    return key.test(avatarKey) ? this.files.read(avatarKey) : null;
  }

  /**
   * Makes an upload the avatar of a user, and removes the file of the one before. Nothing changes where the user is
   * not active.
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
      // Nobody knows whether the row names the new file by now.
      if (error instanceof DatabaseUnavailableError) obsolete = null;
      throw error;
    } finally {
      if (obsolete !== null) await this.remove(obsolete);
    }
  }

  /** Removes the file of a user who was erased or merged. The row names it until then, so that nothing is left behind. */
  async removeFile(manager: EntityManager, userId: string): Promise<void> {
    const user = await manager.findOneByOrFail(User, { id: userId });
    const isGone = user.erasedAt !== null || user.status === 'merged';
    if (!isGone || user.avatarKey === null) return;
    await this.files.remove(user.avatarKey);
    await manager.update(User, { id: userId }, { avatarKey: null, eraseAt: null });
  }

  /** The same at once, where the file can be removed at once; where not, it is tried again later. */
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
   * Writes the new key, in a transaction: given up while it waits for the lock, it changes nothing later, either.
   *
   * @returns the key that now names nothing: the old one, or the new one where the user is not active
   */
  private async exchange(userId: string, newKey: string): Promise<string | null> {
    return this.database.transaction(async ({ manager }) => {
      const [rows] = await manager.query<[{ oldKey: string | null }[], number]>(replaceStatement, [
        userId,
        newKey,
      ]);
      return rows[0] === undefined ? newKey : rows[0].oldKey;
    });
  }

  /** A file that stays behind is in nobody's way: nothing names it. */
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
