import { Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, HealthIndicatorService } from '@nestjs/terminus';
import { SigningKeysService } from '../auth/signing-keys.service.js';
import { Database } from '../database/database.js';
import { describeError } from '../errors/describe-error.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { NotReadyError } from './health.errors.js';
import { shareCheck } from './shared-check.js';

/** Whether this node can do its work; checked at most once a second. */
@Injectable()
export class Readiness {
  readonly #logger = new Logger(Readiness.name);
  readonly #sharedCheck = shareCheck(() => this.checkAll());
  /** The reasons in the last log entry. */
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
    return this.#sharedCheck();
  }

  private async checkAll(): Promise<HealthCheckResult> {
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
      this.logChange(faults);
    }
  }

  /** The response has no reasons, since anyone can read it. The log has them, once until they change. */
  private logChange(faults: string[]): void {
    const reasons = faults.toSorted().join('; ');
    if (reasons === this.#reasons) return;
    if (reasons === '') this.#logger.log('This node is ready again.');
    else this.#logger.warn(`This node is not ready. ${reasons}`);
    this.#reasons = reasons;
  }
}
