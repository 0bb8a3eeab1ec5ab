import { Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, HealthIndicatorService } from '@nestjs/terminus';
import { SigningKeysService } from '../auth/signing-keys.service.js';
import { Database } from '../database/database.js';
import { describeError } from '../errors/describe-error.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { NotReadyError } from './health.errors.js';
import { sharedLook } from './shared-look.js';

/** Whether this node can do its work. Looked at once a second at most, however many ask. */
@Injectable()
export class Readiness {
  readonly #logger = new Logger(Readiness.name);
  readonly #look = sharedLook(() => this.look());
  /** What the log was told last. */
  #reasons = '';

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly signingKeys: SigningKeysService,
    private readonly revocations: RevocationsService,
  ) {}

  /** @throws {NotReadyError} naming what is down */
  check(): Promise<HealthCheckResult> {
    return this.#look();
  }

  private async look(): Promise<HealthCheckResult> {
    const faults: string[] = [];
    const indicator = (name: string, check: () => unknown) => async () => {
      const session = this.indicators.check(name);
      try {
        await check();
        return session.up();
      } catch (error) {
        faults.push(`${name}: ${describeError((error as Error).cause ?? error).message}`);
        return session.down();
      }
    };
    try {
      return await this.health.check([
        indicator('database', () => this.database.assertUsable()),
        indicator('migrations', () => this.database.assertMigrated()),
        indicator('signingKey', () => this.signingKeys.current()),
        indicator('revocations', () => this.revocations.assertKnown()),
      ]);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      throw new NotReadyError((error.getResponse() as HealthCheckResult).details);
    } finally {
      this.tell(faults);
    }
  }

  /** The answer tells a stranger no reasons; the log has them, once for as long as they stay the same. */
  private tell(faults: string[]): void {
    const reasons = faults.toSorted().join('; ');
    if (reasons === this.#reasons) return;
    if (reasons === '') this.#logger.log('This node is ready again.');
    else this.#logger.warn(`This node is not ready. ${reasons}`);
    this.#reasons = reasons;
  }
}
