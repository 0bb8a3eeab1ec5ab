import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { type Environment, readVariables, variableName } from './environment.js';
import { countPassedSockets, firstPassedFd, readSocketPath } from './listen-address.js';
import { isLoopback, isUrl } from './settings.checks.js';
import { type SettingFault, SettingsError } from './settings.error.js';
import { defaultMetricsPort, Settings, type WebClient, type Webhook } from './settings.js';
import { readTracingVariables, tracingVariableNames } from './tracing-variables.js';
import { validatedProperties } from '../validation/validated-properties.js';

const appsExample = `'[{"appid":"wx0123456789abcdef","secret":"0123456789abcdef0123456789abcdef"}]'`;

const webClientsExample = `'[{"id":"shop","name":"Shop","origins":["https://shop.example.com"]}]'`;
const webhooksExample = `'[{"url":"https://app.example.com/webhooks","secret":"whsec_$(openssl rand -base64 32)"}]'`;

const properties = validatedProperties(Settings);

/** Every environment variable that the service reads, each also as `NAME_FILE`. */
export const settingNames: readonly string[] = [
  ...properties.map(variableName),
  'WECHAT_APPID',
  'WECHAT_SECRET',
  ...tracingVariableNames,
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
  const { values, faults } = readVariables(withProxies(environment), settingNames);
  const unreadable = new Set(faults.map(({ name }) => name.replace(/_FILE$/, '')));

  const plain: Record<string, unknown> = Object.fromEntries(
    properties
      .map((property) => [property, values[variableName(property)]])
      .filter(([, value]) => value !== undefined),
  );
  const apps = readApps(values, unreadable);
  faults.push(...apps.faults);
  plain['wechatApps'] = apps.value;
  for (const name of ['WEB_CLIENTS', 'WEBHOOKS']) {
    const text = values[name];
    if (text === undefined) continue;
    const { value, faults: unparsed } = readJson(name, text);
    const property = properties.find((each) => variableName(each) === name)!;
    if (unparsed.length > 0) delete plain[property];
    else plain[property] = value;
    faults.push(...unparsed);
  }

  const settings = plainToInstance(Settings, plain, { exposeUnsetFields: false });
  faults.push(
    ...validateSync(settings, { stopAtFirstError: true })
      .flatMap((error) => toFaults(error))
      .filter(({ name }) => !unreadable.has(name) && !(name === 'WECHAT_APPS' && apps.value === undefined)),
  );
  faults.push(...checkWebhooks(settings.webhooks));
  faults.push(...checkAppids(apps.value, options.allowEmulator === true));
  faults.push(...checkWebClients(plain));
  const passedSockets = countPassedSockets(environment);
  if (passedSockets > 1) {
    const fault = `is ${passedSockets}: systemd passes several sockets, and the service listens on one. Keep one Listen… line in the socket unit`;
    faults.push({ name: 'LISTEN_FDS', fault });
  }
  const { metricsPort = defaultMetricsPort } = settings;
  const listensOnPort = passedSockets === 0 && readSocketPath(settings.host) === undefined;
  if (listensOnPort && metricsPort !== 0 && metricsPort === settings.port) {
    const fault = `is ${metricsPort}, as PORT: /metrics is never on the public port. Set another port, or 0 for no metrics`;
    faults.push({ name: 'METRICS_PORT', fault, example: '0' });
  }
  if (faults.length > 0) {
    throw new SettingsError(
      faults.map(({ name, fault, example }) => {
        const written = asWritten(name, values);
        return { name: written, fault, example: example ?? exampleOf(written) };
      }),
    );
  }
  // The issuer is the URL at which the service is known.
  settings.publicUrl ??= settings.jwtIssuer;
  settings.scanAppid ??= settings.wechatApps[0]!.appid;
  if (settings.console) settings.webClients.push(consoleClient(settings));
  if (passedSockets === 1) settings.listenFd = firstPassedFd;
  settings.tracing = readTracingVariables(values);
  return settings;
}

/**
 * The variables of proxies are written in lower case, too. Without a scheme a proxy is one that speaks HTTP, as curl and
 * others take it. What is called on loopback needs none: whatever stands there is no concern of ours.
 */
function withProxies(environment: Environment): Environment {
  const { HTTPS_PROXY, NO_PROXY, https_proxy, no_proxy, ...others } = environment;
  if (isUrl(environment['WECHAT_BASE_URL'], isLoopback)) return others;
  const proxy = HTTPS_PROXY || https_proxy;
  return {
    ...others,
    HTTPS_PROXY: !proxy || proxy.includes('://') ? proxy : `http://${proxy}`,
    NO_PROXY: NO_PROXY || no_proxy,
  };
}

/**
 * The apps as written, from whichever of the two ways of writing them was used. If a file with a part of them cannot be
 * read, that is told already, and nothing is said of what is missing.
 */
function readApps(
  values: Record<string, string>,
  unreadable: ReadonlySet<string>,
): { value?: unknown; faults: SettingFault[] } {
  const { WECHAT_APPS: list, WECHAT_APPID: appid, WECHAT_SECRET: secret } = values;
  if (list !== undefined) {
    if (appid !== undefined || secret !== undefined) {
      const fault = 'does not go together with WECHAT_APPID and WECHAT_SECRET: keep one of the two ways';
      return { faults: [{ name: 'WECHAT_APPS', fault }] };
    }
    return readJson('WECHAT_APPS', list);
  }
  if (['WECHAT_APPS', 'WECHAT_APPID', 'WECHAT_SECRET'].some((name) => unreadable.has(name))) {
    return { faults: [] };
  }
  if (appid === undefined && secret === undefined) {
    const fault = 'with WECHAT_SECRET, or WECHAT_APPS, is required: which mini-program may log in';
    return { faults: [{ name: 'WECHAT_APPID', fault }] };
  }
  if (appid === undefined) {
    return { faults: [{ name: 'WECHAT_APPID', fault: 'is missing beside WECHAT_SECRET' }] };
  }
  if (secret === undefined) {
    return { faults: [{ name: 'WECHAT_SECRET', fault: 'is missing beside WECHAT_APPID' }] };
  }
  return { value: [{ appid, secret }], faults: [] };
}

/** Names a fault of the only app by the variable in which it was written. */
function asWritten(name: string, values: Record<string, string>): string {
  if (values['WECHAT_APPS'] !== undefined) return name;
  return name
    .replace(/^WECHAT_APPS\[0\]\.appid$|^WECHAT_APPS$/, 'WECHAT_APPID')
    .replace(/^WECHAT_APPS\[0\]\.secret$/, 'WECHAT_SECRET');
}

function readJson(name: string, text: string): { value?: unknown; faults: SettingFault[] } {
  try {
    return { value: JSON.parse(text) as unknown, faults: [] };
  } catch {
    // The parser's message quotes the text, which holds secrets.
    return { faults: [{ name, fault: 'is not valid JSON' }] };
  }
}

/** Where a fault has no example of its own. */
function exampleOf(name: string): string | undefined {
  if (name.endsWith('_FILE')) {
    return `/run/secrets/${name
      .toLowerCase()
      .replace(/_file$/, '')
      .replaceAll('_', '-')}`;
  }
  return {
    WECHAT_APPID: 'wx0123456789abcdef',
    WECHAT_SECRET: '0123456789abcdef0123456789abcdef',
    WECHAT_APPS: appsExample,
    WEB_CLIENTS: webClientsExample,
    WEBHOOKS: webhooksExample,
    ENCRYPTION_KEYS: '$(openssl rand -base64 32)',
    JWT_AUDIENCE: 'weapp',
  }[name.replace(/\[\d+\].*$/, '')];
}

/** The console: pages of the service itself. */
function consoleClient({ publicUrl }: Settings): WebClient {
  return { id: 'console', name: 'weapp-auth console', origins: [new URL(publicUrl).origin] };
}

/** The text that a member has in each object of an array. Whatever else is there, the checks of the classes refuse. */
function textsOf(array: unknown, member: string): string[] {
  return (Array.isArray(array) ? (array as unknown[]) : []).flatMap((item) => {
    const text = (item as Record<string, unknown> | null)?.[member];
    return typeof text === 'string' ? [text] : [];
  });
}

/** Ids are claims of tokens: no two clients may have the same, nor that of a mini-program. */
function checkWebClients({ wechatApps, webClients, scanAppid }: Record<string, unknown>): SettingFault[] {
  const faults: SettingFault[] = [];
  const appids = textsOf(wechatApps, 'appid');
  const ids = textsOf(webClients, 'id');
  if (new Set(ids).size < ids.length) faults.push({ name: 'WEB_CLIENTS', fault: 'names one id twice' });
  if (ids.some((id) => appids.includes(id))) {
    faults.push({ name: 'WEB_CLIENTS', fault: 'has an id that is an appid of WECHAT_APPS' });
  }
  if (typeof scanAppid === 'string' && appids.length > 0 && !appids.includes(scanAppid)) {
    const fault = 'must be one of the mini-programs of this deployment';
    faults.push({ name: 'SCAN_APPID', fault, example: appids[0] });
  }
  return faults;
}

function checkAppids(apps: unknown, allowEmulator: boolean): SettingFault[] {
  const faults: SettingFault[] = [];
  const appids = textsOf(apps, 'appid');
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

/** A webhook is known by its URL. */
function checkWebhooks(webhooks: unknown): SettingFault[] {
  const urls = (Array.isArray(webhooks) ? (webhooks as (Partial<Webhook> | null)[]) : []).map(
    (webhook) => webhook?.url,
  );
  return new Set(urls).size < urls.length ? [{ name: 'WEBHOOKS', fault: 'names one url twice' }] : [];
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
