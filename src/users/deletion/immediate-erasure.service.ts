import { Injectable } from '@nestjs/common';
import type { Actor } from '../../audit/audit-log.service.js';
import { ErasureService } from './erasure.service.js';
import { UserStatusService } from '../status/user-status.service.js';

/** Has users erased at once, as an operator wants it. */
@Injectable()
export class ImmediateErasureService {
  constructor(
    private readonly status: UserStatusService,
    private readonly erasure: ErasureService,
  ) {}

  /**
   * Erases a user without grace. Who is disabled stays disabled: leaving lifts no ban.
   *
   * @returns who it was, an id that was merged meaning the one who stayed, and since when they may be erased, or were
   * @throws {LastAdminError} where a user does that to the last admin
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async eraseNow(id: string, actor: Actor): Promise<{ userId: string; eraseAt: Date }> {
    const requested = await this.status.requestImmediateErasure(id, actor);
    // Who came back in the same instant is told to go again.
    return (await this.erasure.erase(requested.userId)) ? requested : this.eraseNow(id, actor);
  }
}
