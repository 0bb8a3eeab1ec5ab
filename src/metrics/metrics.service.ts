import { Injectable } from '@nestjs/common';
import { LoginStatsService } from '../audit/login-stats.service.js';
import { JobRunner } from '../background/job-runner.js';
import { Settings } from '../config/settings.js';
import { DatabaseReplica } from '../database/database-replica.js';
import { Database } from '../database/database.js';
import { overloadLog } from '../http/refusal-log.js';
import { requestDurations } from '../http/request-log.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { WechatAccessTokensService } from '../wechat/wechat-access-tokens.service.js';
import { WechatHttpClient } from '../wechat/wechat-http.client.js';
import { WechatResilience } from '../wechat/wechat-resilience.js';
import type { MetricsRegistry } from './metrics-registry.js';

/**
 * Everything that `/metrics` shows. The services count; this one reads what they know when it is asked, so that a request costs the
 * same whether anyone asks or not. A label has few values, and never says who someone is.
 */
@Injectable()
export class MetricsService {
  #registry: Promise<MetricsRegistry> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly replica: DatabaseReplica,
    private readonly jobs: JobRunner,
    private readonly logins: LoginStatsService,
    private readonly revocations: RevocationsService,
    private readonly wechatRequests: WechatHttpClient,
    private readonly wechatResilience: WechatResilience,
    private readonly wechatTokens: WechatAccessTokensService,
  ) {}

  /** All metrics, in the text format of Prometheus. */
  async read(): Promise<{ contentType: string; text: string }> {
    this.#registry ??= this.createRegistry();
    return (await this.#registry).read();
  }

  /** prom-client is loaded at the first scrape, since it would make each start longer. */
  private async createRegistry(): Promise<MetricsRegistry> {
    const { MetricsRegistry } = await import('./metrics-registry.js');
    const registry = new MetricsRegistry();
    this.registerRequests(registry);
    this.registerWechat(registry);
    this.registerNode(registry);
    this.registerReplica(registry);
    this.registerJobs(registry);
    return registry;
  }

  private registerRequests(registry: MetricsRegistry): void {
    registry.durations(
      'weapp_auth_http_request_duration_seconds',
      'Requests and how long their responses took. The route is a pattern, "none" if there is no such path.',
      requestDurations,
    );
    registry.counter('weapp_auth_overload_refusals_total', 'Requests refused for overload.', ['reason'], () =>
      [...overloadLog.totals].map(([reason, count]) => [{ reason }, count]),
    );
    registry.counter(
      'weapp_auth_logins_total',
      'Logins. The outcome is "succeeded" or the code of the error.',
      ['appid', 'outcome'],
      () => [...this.logins.totals()].map(({ appid, outcome, count }) => [{ appid, outcome }, count]),
    );
  }

  private registerWechat(registry: MetricsRegistry): void {
    registry.durations(
      'weapp_auth_wechat_request_duration_seconds',
      'Requests to WeChat. The errcode is 0 for a success, and a word such as "timed_out" if WeChat gave no answer.',
      this.wechatRequests.durations,
    );
    registry.gauge(
      'weapp_auth_wechat_breaker_open',
      '1 while this node does not call an interface of WeChat, because ten calls in a row have failed.',
      ['appid', 'api'],
      () =>
        this.wechatResilience
          .breakers()
          .map(({ appid, path, isOpen }) => [{ appid, api: path }, Number(isOpen)]),
    );
    registry.gauge(
      'weapp_auth_wechat_access_token_present',
      "1 if this node has a working access_token of WeChat's. An app that has needed none yet is left out.",
      ['appid'],
      () =>
        this.wechatTokens
          .ages()
          .map(({ appid, ageSeconds }) => [{ appid }, ageSeconds === undefined ? 0 : 1]),
    );
    registry.gauge(
      'weapp_auth_wechat_access_token_age_seconds',
      "How long ago this node received its access_token of WeChat's.",
      ['appid'],
      () => this.wechatTokens.ages().map(({ appid, ageSeconds }) => [{ appid }, ageSeconds]),
    );
  }

  private registerNode(registry: MetricsRegistry): void {
    registry.gauge('weapp_auth_revocations', 'Revocations that this node remembers.', [], () => [
      [{}, this.revocations.state().remembered],
    ]);
    registry.gauge(
      'weapp_auth_revocations_age_seconds',
      'How long ago this node last learned what is revoked. Beyond REVOCATION_MAX_STALENESS, guarded requests are refused.',
      [],
      () => [[{}, this.revocations.state().ageSeconds]],
    );
    registry.gauge(
      'weapp_auth_database_connections',
      'Connections of the pool, by state: "busy" or "idle".',
      ['state'],
      () => {
        const { busy, idle } = this.database.poolState();
        return [
          [{ state: 'busy' }, busy],
          [{ state: 'idle' }, idle],
        ];
      },
    );
    registry.gauge('weapp_auth_database_connections_max', 'Size of the pool: DATABASE_POOL_SIZE.', [], () => [
      [{}, this.settings.databasePoolSize],
    ]);
    registry.gauge(
      'weapp_auth_database_waiting',
      'Requests that wait for a connection of the pool.',
      [],
      () => [[{}, this.database.poolState().waiting]],
    );
  }

  /** Without a replica, these have no values. */
  private registerReplica(registry: MetricsRegistry): void {
    registry.gauge(
      'weapp_auth_replica_connections',
      'Connections to the replica of DATABASE_REPLICA_URL, by state: "busy" or "idle".',
      ['state'],
      () => {
        if (this.replica.reads() === undefined) return [];
        const { busy, idle } = this.replica.poolState();
        return [
          [{ state: 'busy' }, busy],
          [{ state: 'idle' }, idle],
        ];
      },
    );
    registry.counter(
      'weapp_auth_replica_reads_total',
      'Reads of /admin that are meant for the replica, by the server that answered: "primary" if the replica failed or was behind.',
      ['server'],
      () => Object.entries(this.replica.reads() ?? {}).map(([server, count]) => [{ server }, count]),
    );
  }

  /**
   * One node at a time runs the jobs, so each node shows what it has done itself. Prometheus has a label `job` of its own, so it is
   * `job_name` here.
   */
  private registerJobs(registry: MetricsRegistry): void {
    const runs = () => [...this.jobs.runs()].map(([job, each]) => ({ labels: { job_name: job }, ...each }));
    registry.gauge(
      'weapp_auth_job_last_success_timestamp_seconds',
      'When a job last ended without a failure on this node.',
      ['job_name'],
      () => runs().map(({ labels, lastSuccess }) => [labels, lastSuccess && lastSuccess.getTime() / 1_000]),
    );
    registry.gauge(
      'weapp_auth_job_last_duration_seconds',
      'How long the last run of a job on this node took, with its pauses.',
      ['job_name'],
      () => runs().map(({ labels, lastDurationSeconds }) => [labels, lastDurationSeconds]),
    );
    registry.counter(
      'weapp_auth_job_failures_total',
      'Failed runs of a job on this node.',
      ['job_name'],
      () => runs().map(({ labels, failures }) => [labels, failures]),
    );
  }
}
