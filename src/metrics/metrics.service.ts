import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { LoginStatsService } from '../audit/login-stats.service.js';
import { JobRunner } from '../background/job-runner.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { overloadLog } from '../http/refusal-log.js';
import { requestDurations } from '../http/request-log.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { WechatAccessTokensService } from '../wechat/wechat-access-tokens.service.js';
import { WechatHttpClient } from '../wechat/wechat-http.client.js';
import { WechatResilience } from '../wechat/wechat-resilience.js';
import { createDurationMetric } from './duration-metric.js';

/** A value and its labels. */
type Sample = [labels: Record<string, string>, value: number | undefined];

/**
 * Everything that `/metrics` shows. The services count; this one reads what they know when it is asked, so that a request costs the
 * same whether anyone asks or not. A label has few values, and never says who someone is.
 */
@Injectable()
export class MetricsService {
  readonly #registry = new Registry();

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly jobs: JobRunner,
    private readonly logins: LoginStatsService,
    private readonly revocations: RevocationsService,
    private readonly wechatRequests: WechatHttpClient,
    private readonly wechatResilience: WechatResilience,
    private readonly wechatTokens: WechatAccessTokensService,
  ) {}

  /** Begins to watch this process: from now on, the delays of its event loop are measured. */
  start(): void {
    collectDefaultMetrics({ register: this.#registry });
    this.registerRequests();
    this.registerWechat();
    this.registerNode();
    this.registerJobs();
  }

  /** All metrics, in the text format of Prometheus. */
  async read(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  private registerRequests(): void {
    this.#registry.registerMetric(
      createDurationMetric(
        'weapp_auth_http_request_duration_seconds',
        'Requests and how long their responses took. The route is a pattern, "none" if there is no such path.',
        requestDurations,
      ),
    );
    this.counter('weapp_auth_overload_refusals_total', 'Requests refused for overload.', ['reason'], () =>
      [...overloadLog.totals].map(([reason, count]) => [{ reason }, count]),
    );
    this.counter(
      'weapp_auth_logins_total',
      'Logins. The outcome is "succeeded" or the code of the error.',
      ['appid', 'outcome'],
      () => [...this.logins.totals()].map(({ appid, outcome, count }) => [{ appid, outcome }, count]),
    );
  }

  private registerWechat(): void {
    this.#registry.registerMetric(
      createDurationMetric(
        'weapp_auth_wechat_request_duration_seconds',
        'Requests to WeChat. The errcode is 0 for a success, and a word such as "timed_out" if WeChat gave no answer.',
        this.wechatRequests.durations,
      ),
    );
    this.gauge(
      'weapp_auth_wechat_breaker_open',
      '1 while this node does not call an interface of WeChat, because ten calls in a row have failed.',
      ['appid', 'api'],
      () =>
        this.wechatResilience
          .breakers()
          .map(({ appid, path, isOpen }) => [{ appid, api: path }, Number(isOpen)]),
    );
    this.gauge(
      'weapp_auth_wechat_access_token_present',
      "1 if this node has a working access_token of WeChat's. An app that has needed none yet is left out.",
      ['appid'],
      () =>
        this.wechatTokens
          .ages()
          .map(({ appid, ageSeconds }) => [{ appid }, ageSeconds === undefined ? 0 : 1]),
    );
    this.gauge(
      'weapp_auth_wechat_access_token_age_seconds',
      "How long ago this node received its access_token of WeChat's.",
      ['appid'],
      () => this.wechatTokens.ages().map(({ appid, ageSeconds }) => [{ appid }, ageSeconds]),
    );
  }

  private registerNode(): void {
    this.gauge('weapp_auth_revocations', 'Revocations that this node remembers.', [], () => [
      [{}, this.revocations.state().remembered],
    ]);
    this.gauge(
      'weapp_auth_revocations_age_seconds',
      'How long ago this node last learned what is revoked. Beyond a second, guarded requests wait or are refused.',
      [],
      () => [[{}, this.revocations.state().ageSeconds]],
    );
    this.gauge(
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
    this.gauge('weapp_auth_database_connections_max', 'Size of the pool: DATABASE_POOL_SIZE.', [], () => [
      [{}, this.settings.databasePoolSize],
    ]);
    this.gauge('weapp_auth_database_waiting', 'Requests that wait for a connection of the pool.', [], () => [
      [{}, this.database.poolState().waiting],
    ]);
  }

  /**
   * One node at a time runs the jobs, so each node shows what it has done itself. Prometheus has a label `job` of its own, so it is
   * `job_name` here.
   */
  private registerJobs(): void {
    const runs = () => [...this.jobs.runs()].map(([job, each]) => ({ labels: { job_name: job }, ...each }));
    this.gauge(
      'weapp_auth_job_last_success_timestamp_seconds',
      'When a job last ended without a failure on this node.',
      ['job_name'],
      () => runs().map(({ labels, lastSuccess }) => [labels, lastSuccess && lastSuccess.getTime() / 1_000]),
    );
    this.gauge(
      'weapp_auth_job_last_duration_seconds',
      'How long the last run of a job on this node took, with its pauses.',
      ['job_name'],
      () => runs().map(({ labels, lastDurationSeconds }) => [labels, lastDurationSeconds]),
    );
    this.counter('weapp_auth_job_failures_total', 'Failed runs of a job on this node.', ['job_name'], () =>
      runs().map(({ labels, failures }) => [labels, failures]),
    );
  }

  private gauge(name: string, help: string, labelNames: string[], read: () => Sample[]): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [labels, value] of read()) if (value !== undefined) gauge.set(labels, value);
      },
    });
  }

  private counter(name: string, help: string, labelNames: string[], read: () => Sample[]): void {
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [labels, value] of read()) if (value !== undefined) counter.inc(labels, value);
      },
    });
  }
}
