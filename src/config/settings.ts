import 'reflect-metadata';
import { isIP } from 'node:net';
import { plainToInstance, Transform, Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNotEmptyObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
  validateSync,
  type ValidationError,
} from 'class-validator';
import { type Environment, readVariables, variableName } from './environment.js';
import { type SettingFault, SettingsError } from './settings.error.js';
import { validatedProperties } from './validated-properties.js';

/** How an app receives WeChat's message push, as entered in the mini-program's console. */
export class WechatPush {
  @Matches(/^[A-Za-z0-9]{3,32}$/, { message: 'must be the Token of the console: 3 to 32 letters and digits' })
  token: string;

  @Matches(/^[A-Za-z0-9]{43}$/, {
    message:
      'must be the EncodingAESKey of the console: 43 letters and digits. Push without it is not accepted',
  })
  encodingAesKey: string;
}

/** One mini-program that may log in. */
export class WechatApp {
  @Matches(/^wx[0-9A-Za-z]{1,62}$/, { message: 'must be an AppID: wx followed by letters and digits' })
  appid: string;

  @Matches(/^\S+$/, { message: 'must be the AppSecret, without white space' })
  secret: string;

  /** Shown to the person in the list of their identities. */
  @IsOptional()
  @IsString({ message: 'must be text' })
  @IsNotEmpty({ message: 'must not be empty' })
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

const appsExample = `'[{"appid":"wx0123456789abcdef","secret":"0123456789abcdef0123456789abcdef"}]'`;

const toNumber = Transform(({ value }) =>
  typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : (value as unknown),
);
const toBoolean = Transform(({ value }) =>
  value === 'true' ? true : value === 'false' ? false : (value as unknown),
);

function together(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

function WholeNumber(range: { min: number; max: number; example: number }): PropertyDecorator {
  const options = {
    message: `must be a whole number from ${range.min} to ${range.max}`,
    context: { example: String(range.example) },
  };
  return together(toNumber, IsInt(options), Min(range.min, options), Max(range.max, options));
}

const tenYears = 315_360_000;

function Seconds(range: { example: number }): PropertyDecorator {
  return WholeNumber({ min: 1, max: tenYears, example: range.example });
}

function TrueOrFalse(): PropertyDecorator {
  return together(toBoolean, IsBoolean({ message: 'must be true or false', context: { example: 'true' } }));
}

function Satisfies(check: (value: unknown) => boolean, message: string, example?: string): PropertyDecorator {
  return ValidateBy({ name: message, validator: { validate: check } }, { message, context: { example } });
}

/** Written with commas. */
function List(): PropertyDecorator {
  return Transform(({ value }) =>
    typeof value === 'string' ? value.split(',').map((item) => item.trim()) : (value as unknown),
  );
}

function isUrl(value: unknown, accepts: (url: URL) => boolean): boolean {
  return typeof value === 'string' && URL.canParse(value) && accepts(new URL(value));
}

/** Paths can be appended to it, and secrets sent there. */
function isBaseUrl(url: URL): boolean {
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  return isSafe && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

function isLoopback(url: URL): boolean {
  return (
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname)
  );
}

function isAddressList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item: string) => {
      const [address = '', bits, ...rest] = item.split('/');
      const longest = { 4: 32, 6: 128 }[isIP(address)];
      if (longest === undefined || rest.length > 0) return false;
      return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest);
    })
  );
}

function isOriginList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => isUrl(item, ({ origin }) => origin === item));
}

function isEncryptionKeys(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    value.every(
      (key) =>
        typeof key === 'string' &&
        /^[A-Za-z0-9+/]{43}=$/.test(key) &&
        Buffer.from(key, 'base64').length === 32,
    )
  );
}

/**
 * Everything that can be set, checked. Each property is the environment variable of the same name in upper
 * snake case, `accessTokenTtl` being `ACCESS_TOKEN_TTL`; the value written here is its default.
 */
export class Settings {
  /** Address to listen on. */
  @Satisfies(
    (value) => typeof value === 'string' && /^[\w.:-]+$/.test(value),
    'must be an address',
    '127.0.0.1',
  )
  host = '0.0.0.0';

  /** Port to listen on; 0 takes a free one. */
  @WholeNumber({ min: 0, max: 65_535, example: 3000 })
  port = 3000;

  /** Postgres, version 15 or newer. */
  @Satisfies(
    (value) => isUrl(value, ({ protocol }) => protocol === 'postgres:' || protocol === 'postgresql:'),
    'is required and must be a postgres:// URL',
    'postgres://weapp:PASSWORD@127.0.0.1:5432/weapp',
  )
  databaseUrl: string;

  /** Connections of this process. */
  @WholeNumber({ min: 1, max: 1000, example: 10 })
  databasePoolSize = 10;

  /** Off for connection poolers that cannot keep named statements. */
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

  /** Calls to WeChat under way at once; as many more may wait. */
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
  @Seconds({ example: 900 })
  accessTokenTtl = 900;

  /** Life of a refresh token, seconds; each refresh starts it anew. */
  @Seconds({ example: 2_592_000 })
  refreshTokenTtl = 2_592_000;

  /** Life of a session however often it is refreshed, seconds. */
  @Seconds({ example: 7_776_000 })
  sessionMaxAge = 7_776_000;

  /** *Failed* exchanges of codes a minute that one address may make, per node; 0: any number. */
  @WholeNumber({ min: 0, max: 1_000_000, example: 60 })
  rateLimitLogin = 60;

  /** Addresses or networks of the proxies whose `X-Forwarded-For` is believed. */
  @List()
  @Satisfies(isAddressList, 'must be IP addresses or networks, comma-separated', '10.0.0.0/8,127.0.0.1')
  trustProxy: string[] = [];

  /** Origins of web pages that may call. */
  @List()
  @Satisfies(isOriginList, 'must be origins, comma-separated, without paths', 'https://console.example.com')
  corsOrigins: string[] = [];

  /** Whether `/docs` is served. */
  @TrueOrFalse()
  apiDocs = false;

  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    message: 'must be one of fatal, error, warn, info, debug, trace, silent',
    context: { example: 'info' },
  })
  logLevel = 'info';
}

const properties = validatedProperties(Settings);

/** Every environment variable that the service reads, each also as `NAME_FILE`. */
export const settingNames: readonly string[] = [
  ...properties.map(variableName),
  'WECHAT_APPID',
  'WECHAT_SECRET',
];

/**
 * Checks the environment.
 *
 * @param environment variables by name; an empty one counts as absent
 * @param options.allowEmulator accept the emulator's appids, whose secrets anyone knows: for a developer's
 *   machine only
 * @throws {SettingsError} naming all that is wrong
 */
export function loadSettings(environment: Environment, options: { allowEmulator?: boolean } = {}): Settings {
  const { values, faults } = readVariables(environment, settingNames);
  const unreadable = new Set(faults.map(({ name }) => name.replace(/_FILE$/, '')));

  const plain: Record<string, unknown> = Object.fromEntries(
    properties
      .map((property) => [property, values[variableName(property)]])
      .filter(([, value]) => value !== undefined),
  );
  const apps = readApps(values);
  faults.push(...apps.faults);
  plain['wechatApps'] = apps.value;

  const settings = plainToInstance(Settings, plain, { exposeUnsetFields: false });
  faults.push(
    ...validateSync(settings, { stopAtFirstError: true })
      .flatMap((error) => toFaults(error))
      .filter(({ name }) => !unreadable.has(name) && !(name === 'WECHAT_APPS' && apps.faults.length > 0)),
  );
  faults.push(...checkAppids(apps.value, options.allowEmulator === true));
  if (faults.length > 0) {
    throw new SettingsError(
      faults.map(({ name, fault, example }) => {
        const written = asWritten(name, values);
        return { name: written, fault, example: example ?? exampleOf(written) };
      }),
    );
  }
  return settings;
}

/** The apps as written, from whichever of the two ways of writing them was used. */
function readApps(values: Record<string, string>): { value?: unknown; faults: SettingFault[] } {
  const { WECHAT_APPS: list, WECHAT_APPID: appid, WECHAT_SECRET: secret } = values;
  if (list !== undefined) {
    if (appid !== undefined || secret !== undefined) {
      const fault = 'does not go together with WECHAT_APPID and WECHAT_SECRET: keep one of the two ways';
      return { faults: [{ name: 'WECHAT_APPS', fault }] };
    }
    try {
      return { value: JSON.parse(list) as unknown, faults: [] };
    } catch {
      // The parser's message quotes the text, which holds secrets.
      return { faults: [{ name: 'WECHAT_APPS', fault: 'is not valid JSON' }] };
    }
  }
  if (appid === undefined && secret === undefined) {
    const fault = 'with WECHAT_SECRET, or WECHAT_APPS, is required: which mini-program may log in';
    return { faults: [{ name: 'WECHAT_APPID', fault }] };
  }
  if (appid === undefined)
    return { faults: [{ name: 'WECHAT_APPID', fault: 'is missing beside WECHAT_SECRET' }] };
  if (secret === undefined)
    return { faults: [{ name: 'WECHAT_SECRET', fault: 'is missing beside WECHAT_APPID' }] };
  return { value: [{ appid, secret }], faults: [] };
}

/** Names a fault of the only app by the variable in which it was written. */
function asWritten(name: string, values: Record<string, string>): string {
  if (values['WECHAT_APPS'] !== undefined) return name;
  return name
    .replace(/^WECHAT_APPS\[0\]\.appid$|^WECHAT_APPS$/, 'WECHAT_APPID')
    .replace(/^WECHAT_APPS\[0\]\.secret$/, 'WECHAT_SECRET');
}

/** Where a fault has no example of its own. */
function exampleOf(name: string): string | undefined {
  if (name.endsWith('_FILE'))
    return `/run/secrets/${name
      .toLowerCase()
      .replace(/_file$/, '')
      .replaceAll('_', '-')}`;
  return {
    WECHAT_APPID: 'wx0123456789abcdef',
    WECHAT_SECRET: '0123456789abcdef0123456789abcdef',
    WECHAT_APPS: appsExample,
    ENCRYPTION_KEYS: '$(openssl rand -base64 32)',
    JWT_AUDIENCE: 'weapp',
  }[name.replace(/\[\d+\].*$/, '')];
}

function checkAppids(apps: unknown, allowEmulator: boolean): SettingFault[] {
  const faults: SettingFault[] = [];
  const appids = (Array.isArray(apps) ? (apps as unknown[]) : []).flatMap((app) => {
    const appid = (app as Partial<WechatApp> | null)?.appid;
    return typeof appid === 'string' ? [appid] : [];
  });
  if (new Set(appids).size < appids.length) {
    faults.push({ name: 'WECHAT_APPS', fault: 'names one appid twice' });
  }
  const emulated = appids.filter((appid) => appid.startsWith('wxe0000'));
  if (!allowEmulator && emulated.length > 0) {
    const fault = `names ${emulated.join(', ')}, which belongs to the emulator: anyone knows its secret. Use your own`;
    faults.push({ name: 'WECHAT_APPS', fault });
  }
  return faults;
}

/** One fault per leaf: `WECHAT_APPS[1].secret must be …`. The rejected value is never part of it. */
function toFaults(error: ValidationError, path = variableName(error.property)): SettingFault[] {
  const [constraint, message] = Object.entries(error.constraints ?? {})[0] ?? [];
  if (constraint !== undefined && message !== undefined) {
    const context = error.contexts?.[constraint] as { example?: string } | undefined;
    return [{ name: path, fault: message, example: context?.example }];
  }
  return (error.children ?? []).flatMap((child) =>
    toFaults(
      child,
      /^\d+$/.test(child.property) ? `${path}[${child.property}]` : `${path}.${child.property}`,
    ),
  );
}
