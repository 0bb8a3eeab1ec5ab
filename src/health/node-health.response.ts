/** A part that a node needs for its work. */
export class PartResponse {
  /** `database`, `migrations`, `signingKey` or `revocations`. */
  name: string;

  /** Why it is down; null if it is up. */
  fault: string | null;
}

/** The pool of connections to Postgres. */
export class PoolResponse {
  busy: number;

  idle: number;

  /** `DATABASE_POOL_SIZE`. */
  max: number;

  /** Requests that wait for a connection. */
  waiting: number;
}

/** What the node knows of revoked sessions. */
export class RevocationsHealthResponse {
  /** How many revocations it remembers. */
  remembered: number;

  /** How long ago it last asked the database, in seconds. */
  ageSeconds: number;
}

/** The circuit breaker of one interface of WeChat. The node has it once it has called the interface. */
export class BreakerResponse {
  appid: string;

  /** The path of the interface, `/sns/jscode2session`. */
  api: string;

  /** Whether the node does not call the interface, because ten calls in a row have failed. */
  isOpen: boolean;
}

/** WeChat's access_token of a mini-program that has needed one. */
export class WechatTokenResponse {
  appid: string;

  /** How long the node has had it, in seconds; null if it has none that works. */
  ageSeconds: number | null;
}

/** What the node has done of a background job. Another node may have run it since. */
export class JobResponse {
  name: string;

  /** When it last ended without a failure, ISO 8601 in UTC. */
  lastSuccessAt: string | null;

  /** When it last failed, ISO 8601 in UTC. The log has the reason. */
  lastFailureAt: string | null;

  /** How long the last run took, in seconds. */
  lastDurationSeconds: number | null;

  /** How many runs have failed since the node started. */
  failures: number;
}

/** The state of the node that has answered. Others can be in another state. */
export class NodeHealthResponse {
  /** Whether the node can do its work, as `/health/ready` has it. */
  isReady: boolean;

  parts: PartResponse[];

  /** Migrations of this version that the database lacks, the oldest first. */
  missingMigrations: string[];

  /** The version of weapp-auth. */
  version: string;

  nodeVersion: string;

  /** The name of the machine. */
  hostname: string;

  /** ISO 8601 in UTC. */
  startedAt: string;

  uptimeSeconds: number;

  pool: PoolResponse;

  revocations: RevocationsHealthResponse;

  breakers: BreakerResponse[];

  wechatTokens: WechatTokenResponse[];

  jobs: JobResponse[];
}
