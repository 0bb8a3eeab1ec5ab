import { Header, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated } from '../auth/authenticated.decorator.js';
import {
  type AuthenticatedRequest,
  CurrentUser,
  type SignedInUser,
  toActor,
} from '../auth/current-user.decorator.js';
import { MiniProgramOnly } from '../auth/mini-program-only.decorator.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { PerUserConcurrencyLimit } from '../auth/per-user-limits.decorator.js';
import { getClientIp } from '../http/client-ip.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { ValidBody } from '../http/valid-body.decorator.js';
import { networkOf } from '../validation/ip-address.js';
import { ScanGuessLimiter } from './scan-guess-limiter.js';
import { DecideScanRequest, LookAtScanRequest, toScanReference } from './scan.request.js';
import { ScanResponse } from './scan.response.js';
import { ScansService } from './scans.service.js';
import { WebClientsService } from './web-clients.service.js';

/** What a phone does with a scanned code. */
@ServiceController('me/scans')
@NeedsDatabase()
@ApiTags('me')
@Authenticated('invalid_request')
export class ScansController {
  constructor(
    private readonly scans: ScansService,
    private readonly clients: WebClientsService,
    private readonly guesses: ScanGuessLimiter,
  ) {}

  /** See who asks to be signed in. From then on, only you can decide. */
  @Post('look')
  @HttpCode(200)
  @MiniProgramOnly()
  @PerUserConcurrencyLimit('writing')
  @Header('Cache-Control', 'no-store')
  @Problems('not_found', 'rate_limited')
  async look(
    @CurrentUser() user: SignedInUser,
    @ValidBody() body: LookAtScanRequest,
    @Req() request: AuthenticatedRequest,
  ): Promise<ScanResponse> {
    const reference = toScanReference(body);
    const { scan, userCode } = await this.guesses.run(user.id, () =>
      this.scans.look(reference, user, toActor(request)),
    );
    return {
      clientName: this.clients.find(scan.clientId)?.name ?? scan.clientId,
      userCode,
      ip: scan.ip,
      userAgent: scan.userAgent,
      startedAt: scan.createdAt.toISOString(),
      expiresAt: scan.expiresAt.toISOString(),
      sameAddress: scan.network === networkOf(getClientIp(request)),
    };
  }

  /** Sign the page in, or deny it. To approve, you must have logged in within the last two minutes. */
  @Post('decide')
  @HttpCode(204)
  @MiniProgramOnly()
  @PerUserConcurrencyLimit('writing')
  @Problems('not_found', 'rate_limited', 'fresh_login_required')
  async decide(
    @CurrentUser() user: SignedInUser,
    @ValidBody() body: DecideScanRequest,
    @Req() request: AuthenticatedRequest,
  ): Promise<void> {
    const reference = toScanReference(body);
    await this.guesses.run(user.id, () => this.scans.decide(reference, body.approve, user, toActor(request)));
  }
}
