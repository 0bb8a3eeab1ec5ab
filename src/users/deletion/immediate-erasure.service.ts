import { Injectable, Optional } from '@nestjs/common';
import type { Actor } from '../../audit/audit-log.service.js';
import { AvatarsService } from '../profile/avatars.service.js';
import { ErasureService } from './erasure.service.js';
import { UserStatusService } from '../status/user-status.service.js';

/** Erases users at once, without the grace period. */
@Injectable()
export class ImmediateErasureService {
  constructor(
    private readonly status: UserStatusService,
    private readonly erasure: ErasureService,
    /** A command has none, since it may run on another machine than the files. Then the erasure job removes the file. */
    @Optional() private readonly avatars?: AvatarsService,
  ) {}

  /**
   * Erases a user, and tries to remove the file of the avatar. A ban stays.
   *
   * @param id of the user, or of one that was merged into it
   * @returns the time from which the user could be erased; if the user was erased before, the time of that erasure
   * @throws {LastAdminError} if an admin erases the last admin
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async eraseNow(id: string, actor: Actor): Promise<Date> {
    const { userId, eraseAt } = await this.status.requestImmediateErasure(id, actor);
    // The user may have cancelled the deletion between the two transactions.
    if (!(await this.eraseDue(userId))) return this.eraseNow(id, actor);
    return eraseAt;
  }

  /**
   * Erases a user whose erasure is due, and tries to remove the file of the avatar.
   *
   * @returns whether the user is erased now
   * @throws {DatabaseUnavailableError}
   */
  async eraseDue(userId: string): Promise<boolean> {
    const isErased = await this.erasure.erase(userId);
    if (isErased) await this.avatars?.tryRemoveFile(userId);
    return isErased;
  }
}
