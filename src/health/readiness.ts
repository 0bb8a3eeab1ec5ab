import { Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, HealthIndicatorService } from '@nestjs/terminus';
import { SigningKeysService } from '../auth/signing-keys.service.js';
import { Database } from '../database/database.js';
import { describeError } from '../errors/describe-error.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { NotReadyError } from './health.errors.js';
import { shareCheck } from './shared-check.js';

/** What the last check has found. */
interface Outcome {
  result: HealthCheckResult;
  /** Why each part that is down is so, by its name. */
  faults: ReadonlyMap<string, string>;
}

/** A part that a node needs for its work. */
export interface PartState {
  name: string;
  /** Why it is down, for the operator; null if it is up. */
  fault: string | null;
}

/** Whether this node can do its work; checked at most once a second. */
@Injectable()
export class Readiness {
  readonly #logger = new Logger(Readiness.name);
  readonly #sharedCheck = shareCheck(() => this.checkAll());
  /** Each part throws if it is down. */
  readonly #checks: Readonly<Record<string, () => unknown>>;
  /** The reasons in the last log entry. */
  #reasons = '';

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    database: Database,
    signingKeys: SigningKeysService,
    revocations: RevocationsService,
  ) {
    this.#checks = {
      database: () => database.assertUsable(),
      migrations: () => database.assertMigrated(),
      signingKey: () => signingKeys.current(),
      revocations: () => revocations.assertKnown(),
    };
  }

  /** @throws {NotReadyError} naming what is down */
  async check(): Promise<HealthCheckResult> {
    const { result, faults } = await this.#sharedCheck();
    if (faults.size > 0) throw new NotReadyError(result.details);
    return result;
  }

  /** Which parts are up, and why the others are not. */
  async parts(): Promise<PartState[]> {
    const { faults } = await this.#sharedCheck();
    return Object.keys(this.#checks).map((name) => ({ name, fault: faults.get(name) ?? null }));
  }

  private async checkAll(): Promise<Outcome> {
    const faults = new Map<string, string>();
    const indicators = Object.entries(this.#checks).map(([name, check]) => async () => {
      const session = this.indicators.check(name);
      try {
        await check();
        return session.up();
      } catch (error) {
        faults.set(name, describeError((error as Error).cause ?? error).message);
        return session.down();
      }
    });
    try {
      const result = await this.health.check(indicators);
      return { result, faults };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { result: error.getResponse() as HealthCheckResult, faults };
    } finally {
      this.logChange([...faults].map(([name, fault]) => `${name}: ${fault}`));
    }
  }

  /** The response to a health check has no reasons, since anyone can read it. The log has them, once until they change. */
  private logChange(faults: string[]): void {
    const reasons = faults.toSorted().join('; ');
    if (reasons === this.#reasons) return;
    if (reasons === '') this.#logger.log('This node is ready again.');
    else this.#logger.warn(`This node is not ready. ${reasons}`);
    this.#reasons = reasons;
  }
}
