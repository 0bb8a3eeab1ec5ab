import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsNotEmptyObject,
  IsOptional,
  IsString,
  Matches,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { type EventType, eventTypes } from './event-types.js';
import { plainTextFault } from '../validation/plain-text.js';
import { databaseUrlFault, replicaUrlFault } from './database-url.js';
import { isListenHost } from './listen-address.js';
import {
  isBaseUrl,
  isEncryptionKeys,
  isEventList,
  isOriginList,
  isProxyList,
  isProxyUrl,
  isPublicUrl,
  isSchemaName,
  areWebhookSecrets,
  isUrl,
} from './settings.checks.js';
import { HasNoFault, List, Satisfies, Seconds, TrueOrFalse, WholeNumber } from './settings.decorators.js';
import { readStorageLocation } from './storage-location.js';
import { maxAccessTokenTtl } from './token-lifetimes.js';
import type { TracingVariables } from './tracing-variables.js';

/** How an app receives WeChat's message push, as entered in the mini-program's console. */
export class WechatPush {
  @Matches(/^[A-Za-z0-9]{3,32}$/, {
    message: 'must be the Token of the console: 3 to 32 letters and digits',
    context: { example: '0123456789abcdef' },
  })
  token: string;

  @Matches(/^[A-Za-z0-9]{43}$/, {
    message:
      'must be the EncodingAESKey of the console: 43 letters and digits. Push without it is not accepted',
    context: { example: '0123456789012345678901234567890123456789012' },
  })
  encodingAesKey: string;
}

const maxAppNameLength = 64;

/** One mini-program that may log in. */
export class WechatApp {
  @Matches(/^wx[0-9A-Za-z]{1,62}$/, { message: 'must be an AppID: wx followed by letters and digits' })
  appid: string;

  @Matches(/^\S+$/, { message: 'must be the AppSecret, without white space' })
  secret: string;

  /** Shown to the user in the list of their identities. */
  @IsOptional()
  @ValidateBy({
    name: 'isPlainText',
    validator: {
      validate: (value) => plainTextFault(value, maxAppNameLength) === undefined,
      defaultMessage: (checked) => plainTextFault(checked?.value, maxAppNameLength)!,
    },
  })
  name?: string;

  @IsOptional()
  @IsIn(['miniprogram'], { message: 'must be miniprogram' })
  type?: 'miniprogram';

  @IsOptional()
  @IsNotEmptyObject({}, { message: 'must be an object with token and encodingAesKey' })
  @ValidateNested()
  @Type(() => WechatPush)
  push?: WechatPush;
}

/** What has an id in the same place: the console of this service, and `admin:token`. */
export const ownClientIds: readonly string[] = ['console', 'operator'];

/** A web page or program that signs users in by scanning. */
export class WebClient {
  @Satisfies(
    (value) =>
      typeof value === 'string' && /^[a-z][a-z0-9-]{1,31}$/.test(value) && !ownClientIds.includes(value),
    'must be 2 to 32 lower-case letters, digits and dashes, beginning with a letter, and neither console nor operator',
  )
  id: string;

  /** Shown to the user on the phone, who decides by it. */
  @Satisfies(
    (value) => plainTextFault(value, maxAppNameLength) === undefined,
    `must be text in one line, of 1 to ${maxAppNameLength} characters`,
  )
  name: string;

  /** Where its pages are. A program has none. */
  @Satisfies(isOriginList, 'must be an array of origins, such as "https://shop.example.com", without paths')
  origins: string[];

  /** For a client that can keep it: a server, never a page. */
  @IsOptional()
  @Matches(/^\S+$/, { message: 'must be text without white space' })
  secret?: string;
}

/** A URL of the application, which is sent what happens to users. */
export class Webhook {
  @Satisfies(
    (value) => isUrl(value, isBaseUrl),
    'must be an https:// URL (http:// only on loopback) without user, query and fragment',
    'https://app.example.com/webhooks',
  )
  url: string;

  /** The newest first. Each signs, so that the receiver can change to the newest at any time. */
  @Transform(({ value }) => (Array.isArray(value) ? (value as unknown) : [value]))
  @Satisfies(areWebhookSecrets, 'must be whsec_ and base64 of 24 to 64 bytes, or a list of such secrets')
  secret: string[];

  /** What it wants to hear of. */
  @Satisfies(isEventList, `must be a list of ${eventTypes.join(', ')}; without it, the webhook gets all`)
  events: EventType[] = [...eventTypes];
}

/** The port of `/metrics`, unless another one is set. */
export const defaultMetricsPort = 9464;

/**
 * Everything that can be set, checked. Each property is the environment variable of the same name in upper
 * snake case, `accessTokenTtl` being `ACCESS_TOKEN_TTL`; the value written here is its default.
 */
export class Settings {
  /** Address to listen on, or `unix:` and the absolute path of a Unix socket. */
  @Satisfies(
    isListenHost,
    'must be an address, or unix: and the absolute path of a socket, of at most 103 bytes',
    '127.0.0.1',
  )
  host = '0.0.0.0';

  /** Port to listen on; 0 takes a free one. A Unix socket has none. */
  @WholeNumber({ min: 0, max: 65_535, example: 3000 })
  port = 3000;

  /** Port of `/metrics`; 0: no metrics. If it is unset: 9464, if that port is free. */
  @IsOptional()
  @WholeNumber({ min: 0, max: 65_535, example: defaultMetricsPort })
  metricsPort?: number;

  /** Address at which `/metrics` listens. Anyone who reaches it can read the metrics. */
  @Satisfies(
    (value) => isListenHost(value) && !String(value).startsWith('unix:'),
    'must be an address',
    '127.0.0.1',
  )
  metricsHost = '127.0.0.1';

  /** The socket that systemd passes, to listen on instead. `loadSettings` sets it: it is no variable of its own. */
  listenFd?: number;

  /** Links in responses (`avatarUrl`) begin with it. If it is unset, `loadSettings` sets it to the issuer. */
  @IsOptional()
  @Satisfies(
    (value) => isUrl(value, isPublicUrl),
    'must be an http(s) URL without user, query and fragment',
    'https://login.example.com',
  )
  publicUrl: string;

  /** Postgres, version 15 or newer. */
  @HasNoFault(databaseUrlFault, 'postgres://weapp:PASSWORD@127.0.0.1:5432/weapp')
  databaseUrl: string;

  /** A streaming replica of `DATABASE_URL`. Searches, lists and statistics of `/admin` are read there. */
  @IsOptional()
  @HasNoFault(replicaUrlFault, 'postgres://weapp:PASSWORD@127.0.0.1:5433/weapp')
  databaseReplicaUrl?: string;

  /** Where the tables are. If it is unset: in the first schema of the connection's search_path, usually `public`. */
  @IsOptional()
  @Satisfies(
    isSchemaName,
    'must be a name of a schema: lower-case letters, digits and _, not beginning with a digit or pg_',
    'weapp',
  )
  databaseSchema?: string;

  /** Pool size of this process. One more connection polls for revocations. */
  @WholeNumber({ min: 1, max: 1000, example: 10 })
  databasePoolSize = 10;

  /** Off behind connection poolers without prepared-statement support. */
  @TrueOrFalse()
  databaseNamedStatements = true;

  /** The mini-programs; from `WECHAT_APPS`, or from `WECHAT_APPID` and `WECHAT_SECRET`. */
  @IsArray({ message: 'must be a JSON array of {"appid","secret"}' })
  @ArrayMinSize(1, { message: 'must name at least one app' })
  @ValidateNested({ each: true, message: 'must be a JSON array of {"appid","secret"}' })
  @Type(() => WechatApp)
  wechatApps: WechatApp[];

  @Satisfies(
    (value) => isUrl(value, isBaseUrl),
    'must be an https:// URL (http:// only on loopback) without user, query and fragment',
    'https://api.weixin.qq.com',
  )
  wechatBaseUrl = 'https://api.weixin.qq.com';

  /** Proxy for the calls to WeChat, unless WeChat is on loopback. */
  @IsOptional()
  @Satisfies(
    (value) => isUrl(value, isProxyUrl),
    'must be the http:// or https:// URL of a proxy',
    'http://proxy.example.com:3128',
  )
  httpsProxy?: string;

  /** Hosts that are called without the proxy, comma-separated: `weixin.qq.com` and what is below it, or `*`. */
  @IsOptional()
  @IsString({ message: 'must be text' })
  noProxy?: string;

  /** Maximum number of calls in progress to one interface of WeChat. As many more may wait. */
  @WholeNumber({ min: 1, max: 10_000, example: 256 })
  wechatMaxConcurrency = 256;

  /** Base64 keys of 32 bytes, the newest first. */
  @List()
  @Satisfies(
    isEncryptionKeys,
    'is required and must be different base64 keys of 32 bytes each, comma-separated, newest first',
  )
  encryptionKeys: string[];

  /** Claim `iss` of the access tokens. */
  @Satisfies(
    (value) => isUrl(value, ({ protocol }) => protocol === 'https:' || protocol === 'http:'),
    'is required and must be the http(s) URL at which this service is known',
    'https://login.example.com',
  )
  jwtIssuer: string;

  /** Claim `aud` of the access tokens. */
  @IsString({ message: 'must be text' })
  @IsNotEmpty({ message: 'must not be empty' })
  jwtAudience = 'weapp';

  /** Life of an access token, seconds. */
  @WholeNumber({ min: 1, max: maxAccessTokenTtl, example: 900 })
  accessTokenTtl = 900;

  /** Life of a refresh token, seconds. Each refresh starts the time again. */
  @Seconds({ example: 2_592_000 })
  refreshTokenTtl = 2_592_000;

  /** Life of a session, seconds, however often it is refreshed. */
  @Seconds({ example: 7_776_000 })
  sessionMaxAge = 7_776_000;

  /** Seconds in which the previous refresh token still works after a refresh. 0: not at all. An outage of the database comes on top. */
  @WholeNumber({ min: 0, max: 3_600, example: 30 })
  refreshGrace = 30;

  /**
   * Seconds for which a node that cannot reach the database goes on with what it knows to be revoked. What asks for a role or a fresh
   * login is refused after one second, whatever this is.
   */
  @WholeNumber({ min: 1, max: 3_600, example: 1 })
  revocationMaxStaleness = 1;

  /** Active sessions that one user can have. A job ends the oldest beyond it. */
  @WholeNumber({ min: 1, max: 10_000, example: 50 })
  maxSessionsPerUser = 50;

  /** Seconds that other services may cache the public keys of the access tokens. */
  @Seconds({ example: 300 })
  jwksMaxAge = 300;

  /** Seconds in which the same code may be sent again. 0: never. */
  @WholeNumber({ min: 0, max: 300, example: 10 })
  codeReplayWindow = 10;

  /** How old the watermark of encrypted data may be, seconds; 0: any. */
  @WholeNumber({ min: 0, max: 315_360_000, example: 600 })
  openDataMaxAge = 600;

  /** Seconds between a user's request for deletion and the erasure. */
  @Seconds({ example: 604_800 })
  deletionGrace = 604_800;

  /** Seconds that the audit log is kept. */
  @Seconds({ example: 15_552_000 })
  auditRetention = 15_552_000;

  /** Who is sent what happens to users. */
  @IsArray({ message: 'must be a JSON array of {"url","secret"}' })
  @ValidateNested({ each: true, message: 'must be a JSON array of {"url","secret"}' })
  @Type(() => Webhook)
  webhooks: Webhook[] = [];

  /** Where avatars are stored: `file:PATH`, or `s3://bucket/prefix`. */
  @Satisfies(
    (value) => typeof value === 'string' && readStorageLocation(value) !== undefined,
    'must be file:PATH or s3://bucket/prefix',
    'file:.data/avatars',
  )
  avatarStorage = 'file:.data/avatars';

  /** Failed codes that one address may send per minute, per node. 0: no limit. */
  @WholeNumber({ min: 0, max: 1_000_000, example: 60 })
  rateLimitLogin = 60;

  /** Addresses or networks of the proxies; `unix:` for those on the Unix socket. `X-Forwarded-For` is accepted from these only. */
  @List()
  @Satisfies(
    isProxyList,
    'must be IP addresses or networks, comma-separated, or unix: for the Unix socket',
    '10.0.0.0/8,127.0.0.1',
  )
  trustProxy: string[] = [];

  /** Origins of web pages that may call the service. */
  @List()
  @Satisfies(isOriginList, 'must be origins, comma-separated, without paths', 'https://console.example.com')
  corsOrigins: string[] = [];

  /** The web pages and programs that sign users in by scanning. With `CONSOLE`, `loadSettings` adds the console. */
  @IsArray({ message: 'must be a JSON array of {"id","name","origins"}' })
  @ValidateNested({ each: true, message: 'must be a JSON array of {"id","name","origins"}' })
  @Type(() => WebClient)
  webClients: WebClient[] = [];

  /** The mini-program that the scanned code opens. If it is unset, `loadSettings` sets it to the first app. */
  @IsOptional()
  @IsString({ message: 'must be text' })
  scanAppid: string;

  /** The page that the scanned code opens. */
  @Satisfies(
    (value) => typeof value === 'string' && /^[^/?#\s][^?#\s]{0,127}$/.test(value),
    'must be the path of a page as in app.json: no / in front, no query',
    'pages/scan/scan',
  )
  scanPage = 'pages/scan/scan';

  /** Whether the operator's console is served at `/console/`, and its web client `console` exists. */
  @TrueOrFalse()
  console = false;

  /** Whether `/docs` is served. */
  @TrueOrFalse()
  apiDocs = false;

  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    message: 'must be one of fatal, error, warn, info, debug, trace, silent',
    context: { example: 'info' },
  })
  logLevel = 'info';

  /** OpenTelemetry's variables, as `loadSettings` has read them; undefined if no traces are wanted. */
  tracing?: TracingVariables;
}
