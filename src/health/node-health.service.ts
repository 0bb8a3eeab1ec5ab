import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { JobRunner } from '../background/job-runner.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { GracefulShutdown } from '../http/graceful-shutdown.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { WechatAccessTokensService } from '../wechat/wechat-access-tokens.service.js';
import { WechatResilience } from '../wechat/wechat-resilience.js';
import type { NodeHealthResponse } from './node-health.response.js';
import { Readiness } from './readiness.js';

/** The package is two levels above this file, and two above the bundle. */
const packageFile = join(import.meta.dirname, '../../package.json');

/** The state of this node, for the operator. The services know it; this one asks them. */
@Injectable()
export class NodeHealthService {
  readonly #version = readVersion();

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly jobs: JobRunner,
    private readonly readiness: Readiness,
    private readonly revocations: RevocationsService,
    private readonly shutdown: GracefulShutdown,
    private readonly wechatResilience: WechatResilience,
    private readonly wechatTokens: WechatAccessTokensService,
  ) {}

  /** @throws {DatabaseUnavailableError} if it is unknown which migrations have run */
  async describe(): Promise<NodeHealthResponse> {
    const parts = await this.readiness.parts();
    const uptimeSeconds = process.uptime();
    return {
      isReady: !this.shutdown.started && parts.every(({ fault }) => fault === null),
      parts,
      missingMigrations: await this.database.missingMigrations(),
      version: this.#version,
      nodeVersion: process.version,
      hostname: hostname(),
      startedAt: new Date(Date.now() - uptimeSeconds * 1_000).toISOString(),
      uptimeSeconds,
      pool: { ...this.database.poolState(), max: this.settings.databasePoolSize },
      revocations: this.revocations.state(),
      breakers: this.wechatResilience
        .breakers()
        .map(({ appid, path, isOpen }) => ({ appid, api: path, isOpen })),
      wechatTokens: this.wechatTokens.ages().map(({ appid, ageSeconds = null }) => ({ appid, ageSeconds })),
      jobs: [...this.jobs.runs()].map(([name, runs]) => ({
        name,
        lastSuccessAt: runs.lastSuccess?.toISOString() ?? null,
        lastFailureAt: runs.lastFailure?.toISOString() ?? null,
        lastDurationSeconds: runs.lastDurationSeconds ?? null,
        failures: runs.failures,
      })),
    };
  }
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  return version;
}
